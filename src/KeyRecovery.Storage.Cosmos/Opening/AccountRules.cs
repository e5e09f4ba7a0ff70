using KeyRecovery.Storage.Cosmos.Connections;
using Microsoft.Azure.Cosmos;

namespace KeyRecovery.Storage.Cosmos.Opening;

/// <summary>
/// What an account must be, or what the service relies on is not so: each read sees the last write, and two writers of
/// one document meet in one region.
/// </summary>
internal static class AccountRules
{
    /// <summary>What is wrong with an account, a sentence each.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(StoreAccount account)
    {
        var found = await account.ManageAsync(client => client.ReadAccountAsync()).ConfigureAwait(false);
        return [.. Find(account, found.Consistency.DefaultConsistencyLevel, found.WritableRegions.Count())];
    }

    private static IEnumerable<string> Find(StoreAccount account, ConsistencyLevel consistency, int writable)
    {
        if (consistency != ConsistencyLevel.Strong)
            yield return $"the {account.Role}'s account {account.Options} has the consistency {consistency}: a row "
                + "would be read as it was before it was written. Set the account's default to Strong";
        if (writable != 1)
            yield return $"the {account.Role}'s account {account.Options} is written in {writable} regions: two "
                + "writers of one row would not meet. Leave it one write region";
    }
}
