using KeyRecovery.Api.Options;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos;
using KeyRecovery.Storage.Cosmos.Options;
using KeyRecovery.Storage.Sqlite;

namespace KeyRecovery.Api.Stores;

/// <summary>The one place of the host that knows which stores there are.</summary>
internal static class StoreHomes
{
    /// <summary>The stores that the settings name.</summary>
    public static IStoreHome Of(KeyRecoveryOptions options, ServerClock clock, ILoggerFactory loggers) =>
        options.Store == StoreChoice.Cosmos
            ? CosmosOf(options, clock, loggers) : SqliteOf(options, clock, loggers);

    /// <summary>The files of this machine, whatever the settings serve from.</summary>
    public static SqliteStoreHome SqliteOf(
        KeyRecoveryOptions options, ServerClock clock, ILoggerFactory loggers) => new(
            Path.Combine(options.Directories.Stores, "data.db"), Path.Combine(options.Directories.Keys, "keys.db"),
            SystemRandom.Instance, clock, loggers);

    /// <summary>The accounts that the settings name, whatever they serve from.</summary>
    public static CosmosStoreHome CosmosOf(
        KeyRecoveryOptions options, ServerClock clock, ILoggerFactory loggers) => new(
            AccountOf(options.Cosmos, options.Cosmos.Data), AccountOf(options.Cosmos, options.Cosmos.Keys),
            SystemRandom.Instance, clock, loggers);

    /// <summary>As <see cref="Of"/>, for what can be done with files alone.</summary>
    /// <exception cref="StoreOpenException">They are no files.</exception>
    public static IStoreFiles FilesOf(KeyRecoveryOptions options, ServerClock clock, ILoggerFactory loggers) =>
        Of(options, clock, loggers) as IStoreFiles
        ?? throw new StoreOpenException(
            "the stores are no files of this machine: the platform that keeps them restores them "
            + "(docs/operations.md)");

    private static CosmosAccountOptions AccountOf(CosmosOptions cosmos, CosmosAccountSettings account) => new()
    {
        Requests = new RequestLimits
        {
            Budget = TimeSpan.FromSeconds(cosmos.BudgetSeconds), Attempt = TimeSpan.FromSeconds(cosmos.AttemptSeconds),
        },
        Endpoint = account.Endpoint!, Database = account.Database, IsDirect = !account.Gateway,
        Key = account.Credential.Key, Identity = AzureCredentials.Of(account.Credential),
    };
}
