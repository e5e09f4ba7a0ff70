namespace KeyRecovery.Service.Restore;

/// <summary>What became of a restored store when it was joined to the other.</summary>
/// <param name="Accounts">Accounts with key and data.</param>
/// <param name="VaultsLost">Accounts with a key and without data: any of their devices gives them back.</param>
/// <param name="RolledBack">Accounts whose data are older than their newest removal: closed until a device repairs
/// them.</param>
/// <param name="Damaged">Accounts whose row does not open.</param>
/// <param name="ErasedAgain">Accounts that the list of tombstones names and an older key store had brought
/// back.</param>
/// <param name="Orphans">Accounts' data without a key: those of the erased, and of whoever is newer than the key
/// store.</param>
/// <param name="Expected">As many of them as were erased since the set was made.</param>
/// <param name="Stopped">Whether the brake left the orphans where they are: there are too many to be removed
/// unasked.</param>
/// <param name="Problem">Why it is not done; null where it is.</param>
public sealed record JoinReport(
    int Accounts, int VaultsLost, int RolledBack, int Damaged, int ErasedAgain, int Orphans, int Expected, bool Stopped,
    string? Problem)
{
    /// <summary>
    /// Erasures that devices had asked for when the set was made, and may have cancelled since: their time begins anew.
    /// </summary>
    public int HoldsBegunAnew { get; init; }

    /// <summary>Whether the server may serve again.</summary>
    public bool IsDone => Problem is null && !Stopped;
}
