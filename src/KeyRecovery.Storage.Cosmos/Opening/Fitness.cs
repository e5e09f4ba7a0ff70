using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos.Connections;

namespace KeyRecovery.Storage.Cosmos.Opening;

/// <summary>Whether an account is as this program needs it.</summary>
internal static class Fitness
{
    /// <summary>What is wrong with an account and its containers, a sentence each.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(StoreAccount account, TableRegistry tables) =>
    [
        .. await AccountRules.FindAsync(account).ConfigureAwait(false),
        .. await Containers.FindAsync(account, tables).ConfigureAwait(false),
    ];
}
