using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;

namespace KeyRecovery.Testing.Stores.Cosmos;

/// <summary>
/// One emulator for all tests of a process, which ends with it: for suites that run on another store with
/// <c>KEYRECOVERY_STORE=cosmos</c>.
/// </summary>
public static class SharedCosmos
{
    private static readonly Lazy<Task<EmulatedCosmos>> Emulator = new(EmulatedCosmos.StartAsync);

    /// <summary>Whether the environment wants it.</summary>
    public static bool IsWanted => Environment.GetEnvironmentVariable("KEYRECOVERY_STORE") == "cosmos";

    /// <summary>The stores of a test that has a folder, made.</summary>
    public static async Task<IStoreHome> HomeAsync(
        string folder, IRandom random, ServerClock clock, TableRegistry? tables = null, FaultyNetwork? network = null)
    {
        var home = (await Emulator.Value).Home(
            DatabaseOf(folder), random, clock, tables, network is null ? null : network.Between,
            network is null ? null : FaultyNetwork.Limits);
        await home.MigrateAsync();
        return home;
    }

    /// <summary>The rows that some tables have in the stores of a folder, with their versions.</summary>
    public static async Task<IReadOnlyList<(RowKey Key, long Version)>> ListAsync(
        string folder, IEnumerable<Table> tables) =>
        await (await Emulator.Value).ListAsync(DatabaseOf(folder), tables);

    /// <summary>Forgets the stores of a folder.</summary>
    public static async Task DeleteAsync(string folder) =>
        await (await Emulator.Value).DeleteAsync(DatabaseOf(folder));

    /// <summary>The database of a test that has a folder.</summary>
    public static string DatabaseOf(string folder) =>
        Path.GetFullPath(folder).Replace(Path.DirectorySeparatorChar, '-');
}
