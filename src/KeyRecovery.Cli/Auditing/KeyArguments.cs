using System.Collections.Immutable;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Auditing;

/// <summary>Keys as <c>GET /audit/key</c> tells them: <c>log</c> of logs, <c>key</c> of receipts.</summary>
internal sealed record KeyArguments(ImmutableArray<NoteKey> Logs, ImmutableArray<VerifyKey> Receipts)
{
    /// <exception cref="CommandException">One is neither.</exception>
    public static KeyArguments Read(IEnumerable<string> keys)
    {
        var (logs, receipts) = (ImmutableArray.CreateBuilder<NoteKey>(), ImmutableArray.CreateBuilder<VerifyKey>());
        foreach (var key in keys)
        {
            if (NoteKey.TryParse(key, out var log) && log.Type == NoteSignatureType.Ed25519) logs.Add(log);
            else if (Read(key) is { } audit) receipts.Add(audit);
            else throw new CommandException(CliFailure.Usage("--key takes a server's audit key, or a log's"));
        }

        return new KeyArguments(logs.ToImmutable(), receipts.ToImmutable());
    }

    private static VerifyKey? Read(string text)
    {
        try
        {
            return Base64UrlText.TryDecode(text, VerifyKey.Size, out var bytes) ? new VerifyKey(bytes) : null;
        }
        catch (WireFormatException)
        {
            return null;
        }
    }
}
