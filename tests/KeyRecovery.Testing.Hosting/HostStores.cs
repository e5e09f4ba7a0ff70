using System.Collections.Concurrent;
using KeyRecovery.Testing.Stores.Cosmos;

namespace KeyRecovery.Testing.Hosting;

/// <summary>
/// Where the hosts of a test run keep their stores: in files of their data folders, or with
/// <c>KEYRECOVERY_STORE=cosmos</c> in emulated accounts, with a database for each folder.
/// </summary>
/// <param name="Environment">What a host has in its environment.</param>
/// <param name="Settings">Keys below <c>KeyRecovery</c>.</param>
internal sealed record HostStores(
    IReadOnlyDictionary<string, string> Environment, IReadOnlyList<(string Key, string Value)> Settings)
{
    private static readonly Lazy<Task<CosmosGateway>> Gateway = new(CosmosGateway.StartAsync);
    private static readonly ConcurrentDictionary<string, Lazy<Task>> Migrated = [];

    /// <summary>Those of a data folder, ready to be used.</summary>
    public static async Task<HostStores> OfAsync(string dataFolder)
    {
        if (!SharedCosmos.IsWanted) return new HostStores(new Dictionary<string, string>(), []);
        var (gateway, database) = (await Gateway.Value, SharedCosmos.DatabaseOf(dataFolder));
        await Migrated.GetOrAdd(database, name => new Lazy<Task>(() => gateway.MigrateAsync(name))).Value;
        return new HostStores(gateway.Environment, gateway.Settings(database));
    }
}
