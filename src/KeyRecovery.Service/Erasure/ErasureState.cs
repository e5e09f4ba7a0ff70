namespace KeyRecovery.Service.Erasure;

/// <summary>How far an account's erasure is, as it is told.</summary>
public enum ErasureState
{
    /// <summary>Nobody has asked, or it was cancelled.</summary>
    None,

    /// <summary>Asked for, and waiting.</summary>
    Held,

    /// <summary>It cannot be cancelled any more, and has no receipt yet.</summary>
    Erasing,

    /// <summary>Done, with a receipt.</summary>
    Erased,
}
