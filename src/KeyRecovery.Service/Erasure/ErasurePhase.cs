namespace KeyRecovery.Service.Erasure;

/// <summary>How far an erasure is; the numbers are the row's format. With the last receipt the row goes.</summary>
internal enum ErasurePhase
{
    /// <summary>Asked for, and waiting; the account works.</summary>
    Held = 1,

    /// <summary>Decided: the key is destroyed or about to be, and what is left to do is planned.</summary>
    Erasing = 2,

    /// <summary>Done, with a receipt of level 1.</summary>
    Erased = 3,

    /// <summary>
    /// Called off, by somebody who may or because the asker was removed. Another one may take its place.
    /// </summary>
    Cancelled = 4,
}
