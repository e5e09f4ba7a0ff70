namespace KeyRecovery;

/// <summary>What was done to an account (docs/protocol.md §17).</summary>
public enum AuditEvent
{
    /// <summary>It was made.</summary>
    Created = 1,

    /// <summary>Items, devices or slots changed.</summary>
    Committed = 2,

    /// <summary>A client gave back what the server had lost, or took another line's place.</summary>
    Repaired = 3,

    /// <summary>It went back to an earlier state.</summary>
    Undone = 4,

    /// <summary>Its erasure was asked for, and is held.</summary>
    ErasureRequested = 5,

    /// <summary>That was called off.</summary>
    ErasureCancelled = 6,

    /// <summary>It was erased; commits to the receipt of level 1.</summary>
    Erased = 7,

    /// <summary>The log was begun anew, after another one that its operator has lost.</summary>
    LogBegunAnew = 8,

    /// <summary>
    /// What was erased opens for nobody any more who has a copy of the keys from before; commits to the receipt of
    /// level 2.
    /// </summary>
    ErasedEverywhere = 9,

    /// <summary>The server has another policy from now on; commits to the one before.</summary>
    PolicyChanged = 10,

    /// <summary>Somebody read with a recovery code or a passphrase.</summary>
    RecoveryTried = 11,

    /// <summary>Its data were found to be of an older day: the place is the one that they went back to.</summary>
    FoundRestored = 12,

    /// <summary>The operator has put back a store of an older day.</summary>
    Restored = 13,

    /// <summary>As a realm, the server has kept two heads of one home as evidence; commits to both.</summary>
    HeadsDiffer = 14,

    /// <summary>The log has another key from now on; commits to that one, as a verifier key.</summary>
    LogKeyChanged = 15,

    /// <summary>An operator has suspended it: it is read, and not changed.</summary>
    Suspended = 16,

    /// <summary>That was ended.</summary>
    Resumed = 17,

    /// <summary>An operator has put it under a legal hold: it is not erased.</summary>
    Held = 18,

    /// <summary>That was ended.</summary>
    Released = 19,

    /// <summary>An operator has given it another subject or issuer of its app.</summary>
    Moved = 20,

    /// <summary>What the service holds on it was exported.</summary>
    Exported = 21,
}
