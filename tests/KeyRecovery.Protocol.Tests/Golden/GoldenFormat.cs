using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Golden;

/// <summary>
/// One format of docs/protocol.md with its golden file: valid examples (inputs, then all that follows from them) and
/// invalid ones, each with the reason for which a reader refuses it.
/// </summary>
public abstract class GoldenFormat(string name, string section)
{
    public const string Accepted = "accepted";
    public const string Malformed = "malformed";
    public const string UpgradeRequired = "upgrade-required";

    /// <summary>The file's name without <c>.json</c>.</summary>
    public string Name { get; } = name;

    /// <summary>Where docs/protocol.md tells it.</summary>
    public string Section { get; } = section;

    /// <summary>Inputs of valid examples, used once: to write a file that is missing.</summary>
    public abstract IEnumerable<(string Name, JsonObject Inputs)> Valid();

    /// <summary>
    /// Invalid examples with the verdict that they must get, used once: to write a file that is missing.
    /// </summary>
    public abstract IEnumerable<(string Name, JsonObject Told, string Verdict)> Invalid();

    /// <summary>The deterministic writer: everything that follows from inputs.</summary>
    public abstract JsonObject Write(JsonObject inputs);

    /// <summary>The reader's verdict on what it is told: <see cref="Accepted"/>, or why not.</summary>
    public string Read(JsonObject told)
    {
        try
        {
            return Judge(told);
        }
        catch (WireFormatException)
        {
            return Malformed;
        }
        catch (UpgradeRequiredException)
        {
            return UpgradeRequired;
        }
    }

    protected abstract string Judge(JsonObject told);

    protected static string Verdict(ProtocolFault fault) => fault switch
    {
        ProtocolFault.None => Accepted,
        ProtocolFault.Malformed => Malformed,
        ProtocolFault.UpgradeRequired => UpgradeRequired,
        _ => fault.ToString(),
    };

    public override string ToString() => Name;
}
