using System.Globalization;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>A server that keeps a log of its own, honest until it is told otherwise.</summary>
internal sealed class LogLiar : IDisposable
{
    private readonly Liar _liar;

    public LogLiar(Liar liar)
    {
        _liar = liar;
        _liar.Lie = Tell;
        _liar.Instead = TellFile;
    }

    /// <summary>The log that it shows.</summary>
    public ForgedLog Log { get; set; } = new();

    /// <summary>Which tree it shows; null for all of it.</summary>
    public ulong? Size { get; set; }

    /// <summary>What it makes of an answer about the activity; null for nothing.</summary>
    public Func<JsonNode, JsonNode>? Change { get; set; }

    /// <summary>What it makes of a file of the log; null for nothing.</summary>
    public Func<string, byte[], byte[]>? ChangeFile { get; set; }

    /// <summary>In place of an answer about the activity.</summary>
    public Func<Heard, Told, Told>? Instead { get; set; }

    public void Dispose() => Log.Dispose();

    /// <summary>The number in a query; 0 where it has none.</summary>
    public static ulong Number(Heard heard, string name) => heard.Target.Split('?', '&')
        .FirstOrDefault(part => part.StartsWith($"{name}=", StringComparison.Ordinal)) is { } part
        ? ulong.Parse(part[(name.Length + 1)..], CultureInfo.InvariantCulture) : 0;

    private Told? TellFile(Heard heard)
    {
        if (heard.Path is "/audit/key" || !heard.Path.StartsWith("/audit/", StringComparison.Ordinal)) return null;
        var name = heard.Path["/audit/".Length..];
        return Log.File(name, Size) is { } file
            ? new Told(200, ChangeFile?.Invoke(name, file) ?? file) { ContentType = "application/octet-stream" }
            : Told.Problem(404, ProblemTypes.NotFound);
    }

    private Told? Tell(Heard heard, Told truth)
    {
        if (truth.Status != 200) return null;
        if (heard.Path == "/audit/key") return truth with { Body = Log.AuditKey(truth.Body) };
        if (heard.Path != "/v1/activity") return null;
        if (Instead is not null) return Instead(heard, truth);
        var told = Log.Activity(truth.Body, Number(heard, "size"), Size);
        return truth with { Body = ForgedLog.Bytes(Change?.Invoke(told) ?? told) };
    }
}
