using System.Text.Json;
using KeyRecovery.Api.Backups;
using KeyRecovery.Api.CommandLine;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Reports;

namespace KeyRecovery.Api.Verbs;

/// <summary>
/// <c>restore</c>: puts a backup set in the place of a store that was lost, while no server runs. Exit code 0 only
/// where the server may serve again.
/// </summary>
internal static class RestoreVerb
{
    public static async Task<int> RunAsync(string[] args)
    {
        var arguments = RestoreArguments.Parse(args);
        SettingArguments.Check(arguments.Rest);
        if (arguments.Rehearse) return await RehearseAsync(arguments);
        var options = Server.ReadOptions(arguments.Rest);
        Action<string> tell = arguments.Json ? _ => { } : Console.Out.WriteLine;
        if (options.Store == StoreChoice.Sqlite && (arguments.AsOf is not null || arguments.From is null))
            throw new UsageException("--as-of is for data that a platform restores; files come of a set: --from DIR");
        var report = options.Store == StoreChoice.Cosmos
            ? await new AccountRestore(options, arguments, TimeProvider.System, tell).RunAsync(CancellationToken.None)
            : await new RestoreRun(options, arguments, TimeProvider.System, tell).RunAsync(CancellationToken.None);
        if (arguments.Json) Console.Out.WriteLine(JsonSerializer.Serialize(report, ReportJson.Default.RestoreReport));
        else
            foreach (var line in report.Lines()) (report.IsDone ? Console.Out : Console.Error).WriteLine(line);
        return report.IsDone ? 0 : 1;
    }

    private static async Task<int> RehearseAsync(RestoreArguments arguments)
    {
        var report = await Rehearsal.RunAsync(arguments, TimeProvider.System, CancellationToken.None);
        if (arguments.Json) Console.Out.WriteLine(JsonSerializer.Serialize(report, ReportJson.Default.RehearsalReport));
        else
            foreach (var line in report.Lines()) (report.IsDone ? Console.Out : Console.Error).WriteLine(line);
        return report.IsDone ? 0 : 1;
    }
}
