using System.Text.Json;
using KeyRecovery.Api.CommandLine;
using KeyRecovery.Api.Control;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Reports;
using KeyRecovery.Service.Rotation;

namespace KeyRecovery.Api.Verbs;

/// <summary>
/// <c>rotate</c>: replaces the KEK, or with <c>--root</c> the root key. Asks the running server; where none runs, it
/// does it itself. Exit code 0 only where the old key is gone.
/// </summary>
internal static class RotateVerb
{
    public static async Task<int> RunAsync(string[] args)
    {
        var switches = new Switches(args);
        var (json, root) = (switches.Has("--json"), switches.Has("--root"));
        var options = Server.ReadOptions(switches.Rest);
        Action<RotationLine> tell = json ? _ => { } : line => Console.Out.WriteLine(line.ToText());

        var report = await AskAsync(options, root, tell) ?? await RunAsync(options, root, tell);
        if (json) Console.Out.WriteLine(JsonSerializer.Serialize(report, ReportJson.Default.RotationReport));
        else if (report.IsDone)
            Console.Out.WriteLine(
                Sentence(
                    report, root, (options.Ring.RootKeyNext ?? (object?)options.Ring.RootKeyVaultNext) is not null));
        if (!report.IsDone) Console.Error.WriteLine($"pending: {report.Problem}");
        return report.IsDone ? 0 : 1;
    }

    private static async Task<RotationReport?> AskAsync(
        KeyRecoveryOptions options, bool root, Action<RotationLine> tell)
    {
        var request = JsonSerializer.Serialize(
            new RotateRequest(RotateControl.VerbName, root), ReportJson.Default.RotateRequest);
        var answer = await ControlClient.TryAskAsync(
            options.Directories.Ring, request, line => tell(line.Deserialize(ReportJson.Default.RotationLine)!));
        return answer?.Deserialize(ReportJson.Default.RotationReport);
    }

    private static async Task<RotationReport> RunAsync(KeyRecoveryOptions options, bool root, Action<RotationLine> tell)
    {
        await using var stores = await ControlClient.OpenAloneAsync(options);
        var ring = stores.Service.Ring;
        return root
            ? RotationReport.OfRoot(await stores.RootRotation.RunAsync(CancellationToken.None), ring)
            : RotationReport.Of(
                await stores.Service.Rotation.RunAsync(begin: true, new Teller(tell), CancellationToken.None), ring);
    }

    private static string Sentence(RotationReport report, bool root, bool next) => (root, next) switch
    {
        (true, true) => "done: everything is wrapped under RootKeyNext. Make it RootKey, and set RootKeyNext no more",
        (true, false) => "done: everything is wrapped under the new root key",
        _ => $"done: KEK {string.Join(", ", report.Destroyed)} destroyed, {report.Current} is current, "
            + $"{report.Rewrapped} rows moved",
    };

    private sealed class Teller(Action<RotationLine> tell) : IProgress<RotationProgress>
    {
        public void Report(RotationProgress value) => tell(RotationLine.Of(value));
    }
}
