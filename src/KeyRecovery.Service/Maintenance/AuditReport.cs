using System.Collections.Immutable;

namespace KeyRecovery.Service.Maintenance;

/// <summary>What a full check of both stores found.</summary>
/// <param name="Accounts">Live accounts whose chain, keyset, manifest and items are all there and fit together.</param>
/// <param name="Pending">Accounts that are being made.</param>
/// <param name="VaultsLost">Live key rows without data.</param>
/// <param name="Damaged">Accounts and slots of the realm of which something is missing or does not fit, by
/// what.</param>
/// <param name="OrphanRows">Rows that nothing leads to, by table.</param>
public sealed record AuditReport(
    int Accounts, int Pending, int VaultsLost, ImmutableArray<string> Damaged,
    ImmutableSortedDictionary<string, int> OrphanRows)
{
    /// <summary>Whether all is well: nothing lost, nothing damaged. Orphans are left to the sweep.</summary>
    public bool IsSound => VaultsLost == 0 && Damaged.IsEmpty;
}
