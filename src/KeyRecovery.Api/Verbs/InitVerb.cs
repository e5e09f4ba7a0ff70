using KeyRecovery.Api.Hosting;
using KeyRecovery.Storage.Sqlite.Ring;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Api.Verbs;

/// <summary><c>init</c>: makes directories, keys and stores, readable by their owner alone. Harmless to repeat.</summary>
internal static class InitVerb
{
    public static async Task<int> RunAsync(string[] args)
    {
        var options = Server.ReadOptions(args);
        await using (await ServerStores.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance))
        {
            var places = options.Directories;
            Tell("data store", ServerStores.DataFile(places));
            Tell("key store", ServerStores.KeysFile(places));
            Tell("root key", options.Ring.RootKey is null ? Path.Combine(places.Ring, FileRootKey.FileName) : "KeyRecovery:Ring:RootKey");
            Tell("KEK ring", Path.Combine(places.Ring, FileKekRing.FileName));
        }

        return 0;
    }

    private static void Tell(string what, string path) => Console.Out.WriteLine($"{what,-12}{path}");
}
