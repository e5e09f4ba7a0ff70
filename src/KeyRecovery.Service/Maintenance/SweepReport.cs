namespace KeyRecovery.Service.Maintenance;

/// <summary>What a sweep did.</summary>
/// <param name="PendingAccounts">Creations that died before their data were there.</param>
/// <param name="Lookups">Users and slots that lead to no account: what such a creation claimed.</param>
/// <param name="OrphanAccounts">Accounts' data whose key row is gone.</param>
/// <param name="StagedItems">Staged items that no commit came to name.</param>
/// <param name="OldVersions">Older versions past their time.</param>
/// <param name="Leftovers">Rows of living accounts that nothing names: what a crash or a lost race left.</param>
/// <param name="Stopped">Whether the brake stopped it: it would have touched more than 0.1 % of accounts, and more than
/// 10.</param>
public sealed record SweepReport(int PendingAccounts, int Lookups, int OrphanAccounts, int StagedItems, int OldVersions,
    int Leftovers, bool Stopped)
{
    /// <summary>Accounts of which their app was warned that nobody uses them.</summary>
    public int Warned { get; init; }

    /// <summary>Accounts that were erased because nobody used them.</summary>
    public int Inactive { get; init; }

    /// <summary>Accounts that were to be, and are not: they are more than 0.1 % of all, and more than 10.</summary>
    public int InactiveLeft { get; init; }
}
