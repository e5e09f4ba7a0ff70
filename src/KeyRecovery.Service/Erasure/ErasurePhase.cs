namespace KeyRecovery.Service.Erasure;

/// <summary>How far an erasure is. It only goes forward; the numbers are the row's format.</summary>
internal enum ErasurePhase
{
    /// <summary>Asked for, and waiting; the account works.</summary>
    Held = 1,

    /// <summary>The key is destroyed; rows are being deleted.</summary>
    Erasing = 2,

    /// <summary>Done, with a receipt of level 1.</summary>
    Erased = 3,

    /// <summary>Done, with a receipt of level 2.</summary>
    Final = 4,
}
