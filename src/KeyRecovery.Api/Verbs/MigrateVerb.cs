using System.Text.Json;
using KeyRecovery.Api.CommandLine;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Reports;
using KeyRecovery.Api.Stores;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Api.Verbs;

/// <summary>
/// <c>migrate</c>: makes databases, containers and files that are missing, and brings older stores to this version's
/// schema: beside instances of the version before, with <c>--finish</c> in their place, with <c>--stopped</c> where
/// none runs. With <c>--from</c> and <c>--to</c> it moves all rows to other stores. Harmless to repeat.
/// </summary>
internal static class MigrateVerb
{
    public static async Task<int> RunAsync(string[] args)
    {
        var switches = new Switches(args);
        if (MoveArguments.Parse(switches) is { } move) return await MoveAsync(move);
        var step = (switches.Has("--finish"), switches.Has("--stopped")) switch
        {
            (true, true) => throw new UsageException(
                "--finish waits for older instances, --stopped says that there are none"),
            (true, _) => Migration.Finish,
            (_, true) => Migration.Whole,
            _ => Migration.Begin,
        };
        var options = Server.ReadOptions(switches.Rest);
        options.Directories.Create();
        var home = StoreHomes.Of(options, new ServerClock(TimeProvider.System), NullLoggerFactory.Instance);
        if (step == Migration.Finish && home.IsShared)
            Console.Out.WriteLine("older versions are sent away now, and waited for: some minutes");
        await home.NamedAsync(() => home.MigrateAsync(step));
        Console.Out.WriteLine($"data store  {home.PlaceOf(StoreKind.Data)}");
        Console.Out.WriteLine($"key store   {home.PlaceOf(StoreKind.Keys)}");
        return 0;
    }

    private static async Task<int> MoveAsync(MoveArguments arguments)
    {
        // The accounts are needed now, whatever is served from today.
        var options = Server.ReadOptions(
            [.. arguments.Rest, $"--{KeyRecoveryOptions.Section}:{nameof(KeyRecoveryOptions.Store)}", "cosmos"]);
        Action<string> tell = arguments.Json ? _ => { } : Console.Out.WriteLine;
        var report = await new MoveRun(options, arguments, tell).RunAsync(CancellationToken.None);
        if (arguments.Json) Console.Out.WriteLine(JsonSerializer.Serialize(report, ReportJson.Default.MoveReport));
        else
            foreach (var line in report.Lines()) (report.IsDone ? Console.Out : Console.Error).WriteLine(line);
        return report.IsDone ? 0 : 1;
    }
}
