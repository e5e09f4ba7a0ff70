using System.Text.Json;
using KeyRecovery.Api.CommandLine;
using KeyRecovery.Api.Control;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Reports;

namespace KeyRecovery.Api.Verbs;

/// <summary>
/// <c>reload</c>: has the running server read apps and operators anew. Exit code 0 only where it did.
/// </summary>
internal static class ReloadVerb
{
    /// <exception cref="IOException">No server runs here.</exception>
    public static async Task<int> RunAsync(string[] args)
    {
        var switches = new Switches(args);
        var json = switches.Has("--json");
        var options = Server.ReadOptions(switches.Rest);
        var request = JsonSerializer.Serialize(
            new ReloadRequest(ReloadControl.VerbName), ReportJson.Default.ReloadRequest);
        var answer = await ControlClient.TryAskAsync(options.Directories.Ring, request, _ => { })
            ?? throw new IOException(
                $"no server answers at {ControlSocket.PathIn(options.Directories.Ring)}. One that runs all the same "
                + "has lost its socket, and has to be restarted; any other reads the settings when it starts");
        var report = answer.Deserialize(ReportJson.Default.ReloadReport)!;
        if (json) Console.Out.WriteLine(answer.ToString());
        else if (report.Problems.Count == 0)
            Console.Out.WriteLine($"done: {string.Join(", ", report.Apps)}; {report.Operators} operators");
        foreach (var key in report.AtNextStart)
            Console.Error.WriteLine($"{key} has changed: it waits for the next start");
        foreach (var problem in report.Problems) Console.Error.WriteLine(problem);
        return report.Problems.Count == 0 ? 0 : 1;
    }
}
