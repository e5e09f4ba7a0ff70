namespace KeyRecovery.Protocol.Audit;

/// <summary>
/// What a server did and saw before it signed a receipt (docs/protocol.md §15.1). The numbers are the format's.
/// </summary>
public enum ErasureProof
{
    /// <summary>The key row was read back, and holds no subject key.</summary>
    KeyAbsent = 1,

    /// <summary>A row that was kept for the purpose no longer opens.</summary>
    RowUnopened = 2,

    /// <summary>Every row of the account was deleted.</summary>
    RowsDeleted = 3,

    /// <summary>The store's journals were emptied, and said so.</summary>
    JournalsEmptied = 4,

    /// <summary>The KEK of that time, and all before it, are destroyed.</summary>
    KekDestroyed = 5,

    /// <summary>No unexpired backup set holds that KEK.</summary>
    BackupsExpired = 6,
}
