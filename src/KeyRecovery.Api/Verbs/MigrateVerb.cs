using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Api.Verbs;

/// <summary>
/// <c>migrate</c>: makes databases, containers and files that are missing, and brings older stores to this version's
/// schema. Harmless to repeat.
/// </summary>
internal static class MigrateVerb
{
    public static async Task<int> RunAsync(string[] args)
    {
        var options = Server.ReadOptions(args);
        options.Directories.Create();
        var home = StoreHomes.Of(options, new ServerClock(TimeProvider.System), NullLoggerFactory.Instance);
        await home.MigrateAsync();
        Console.Out.WriteLine($"data store  {home.PlaceOf(StoreKind.Data)}");
        Console.Out.WriteLine($"key store   {home.PlaceOf(StoreKind.Keys)}");
        return 0;
    }
}
