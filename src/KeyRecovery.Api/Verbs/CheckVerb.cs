using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Reports;
using KeyRecovery.Api.Stores;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Backups;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Api.Verbs;

/// <summary>
/// <c>check</c>: verifies what the server keeps, from the files to the last item, while no server runs. Exit code 0
/// only where all is sound.
/// </summary>
internal static class CheckVerb
{
    public static async Task<int> RunAsync(string[] args)
    {
        var arguments = CheckArguments.Parse(args);
        var report = await CheckAsync(arguments);
        if (arguments.Json)
            Console.Out.WriteLine(report.ToJson());
        else
            foreach (var line in report.Lines()) Console.Out.WriteLine(line);
        return report.Sound ? 0 : 1;
    }

    private static async Task<CheckReport> CheckAsync(CheckArguments arguments)
    {
        var options = Server.ReadOptions(arguments.Rest);
        var findings = UnfinishedRestore(options.Directories).Concat(options.Directories.Findings())
            .Concat(MissingStores(options)).ToList();
        if (findings.Count > 0) return CheckReport.OfFindings(findings);

        await using var stores = await ServerStores.OpenAsync(
            options, TimeProvider.System, NullLoggerFactory.Instance, isReading: !arguments.Sweep);
        var sweep = arguments.Sweep
            ? await stores.Service.Sweeper.SweepAsync(
                arguments.OlderThan ?? TimeSpan.FromHours(options.Orphans.AfterHours), arguments.Brake,
                CancellationToken.None, arguments.InactiveBrake)
            : null;
        return CheckReport.Of(
            await stores.Pair.CheckAsync(), await stores.Service.Audit.RunAsync(CancellationToken.None),
            await stores.Service.RingAudit.RunAsync(CancellationToken.None),
            await stores.Sets.HeldUntilAsync(CancellationToken.None), sweep,
            (HomeOf(options) as IStoreFiles)?.MoveOf()?.Other);
    }

    private static IEnumerable<string> UnfinishedRestore(DataDirectories places)
    {
        if (RestoreMarker.Read(places.Stores) is { } begun)
            yield return $"a restore ({begun.Part}, set {begun.Set}) was begun here and has not ended: run it again";
    }

    // To open what is not there would make it, and an empty store is always sound.
    private static IEnumerable<string> MissingStores(KeyRecoveryOptions options)
    {
        var places = options.Directories;
        if (HomeOf(options) is not IStoreFiles home) return [];
        var missing = new[]
            {
                (Folder: places.Stores, Kind: StoreKind.Data), (Folder: places.Keys, Kind: StoreKind.Keys),
            }
            .Where(store => Directory.Exists(store.Folder) && !home.Exists(store.Kind)).ToList();
        // Where the other is there, this one is lost.
        var what = missing.Count == 2 ? "run init" : "put it back, or restore a backup set";
        return missing.Select(store => $"{home.PlaceOf(store.Kind)} does not exist ({what})");
    }

    private static IStoreHome HomeOf(KeyRecoveryOptions options) =>
        StoreHomes.Of(options, new ServerClock(TimeProvider.System), NullLoggerFactory.Instance);
}
