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

    /// <summary>Opens the stores of that name, or makes them.</summary>
    public static async Task<IStoreSet> OpenAsync(
        string name, IRandom random, ServerClock clock, TableRegistry? tables = null)
    {
        var home = (await Emulator.Value).Home(name, random, clock, tables);
        await home.MigrateAsync();
        return await home.OpenAsync();
    }

    /// <summary>Forgets the stores of that name.</summary>
    public static async Task DeleteAsync(string name) => await (await Emulator.Value).DeleteAsync(name);
}
