using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Ring;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Api.Verbs;

/// <summary>
/// <c>init</c>: makes directories, keys and stores, readable by their owner alone. Harmless to repeat.
/// </summary>
internal static class InitVerb
{
    public static async Task<int> RunAsync(string[] args)
    {
        var options = Server.ReadOptions(args);
        await using (var stores = await ServerStores.OpenAsync(
            options, TimeProvider.System, NullLoggerFactory.Instance))
        {
            var places = options.Directories;
            var home = StoreHomes.Of(places, new ServerClock(TimeProvider.System), NullLoggerFactory.Instance);
            Tell("data store", home.PlaceOf(StoreKind.Data));
            Tell("key store", home.PlaceOf(StoreKind.Keys));
            Tell("root key", options.Ring.RootKey is null
                ? Path.Combine(places.Ring, FileRootKey.FileName) : "KeyRecovery:Ring:RootKey");
            Tell("KEK ring", Path.Combine(places.Ring, FileKekRing.FileName));
            Tell("audit key", stores.Service.Erasures.AuditKey.ToString());
        }

        Console.Out.WriteLine("Keep the audit key on paper: apps may pin it, it verifies receipts, and after the loss "
            + "of everything it tells a backup set of this server from one that somebody else has made.");

        return 0;
    }

    private static void Tell(string what, string path) => Console.Out.WriteLine($"{what,-12}{path}");
}
