using KeyRecovery.Api.Options;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;

namespace KeyRecovery.Api.Stores;

/// <summary>The one place of the host that knows which stores there are.</summary>
internal static class StoreHomes
{
    /// <summary>The stores that the settings name.</summary>
    public static IStoreHome Of(DataDirectories places, ServerClock clock, ILoggerFactory loggers) =>
        new SqliteStoreHome(
            Path.Combine(places.Stores, "data.db"), Path.Combine(places.Keys, "keys.db"),
            SystemRandom.Instance, clock, loggers);
}
