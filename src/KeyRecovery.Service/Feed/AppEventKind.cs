namespace KeyRecovery.Service.Feed;

/// <summary>What an app's back end is told of (docs/protocol.md §20). The numbers are stored.</summary>
public enum AppEventKind
{
    /// <summary>An account was made.</summary>
    AccountCreated = 1,

    /// <summary>A client gave back what the server had lost: the account may have another state than was told.
    /// </summary>
    AccountRepaired = 2,

    /// <summary>It went back to an earlier state.</summary>
    AccountUndone = 3,

    /// <summary>A device was added.</summary>
    DeviceAdded = 4,

    /// <summary>A device was removed.</summary>
    DeviceRemoved = 5,

    /// <summary>A recovery slot was added.</summary>
    SlotAdded = 6,

    /// <summary>A recovery slot was removed.</summary>
    SlotRemoved = 7,

    /// <summary>A device added that device: it was linked.</summary>
    DeviceLinked = 8,

    /// <summary>Somebody read with a recovery code or a passphrase.</summary>
    RecoveryBegun = 9,

    /// <summary>A slot added that device: the account was recovered.</summary>
    RecoveryDone = 10,

    /// <summary>A device asked for the erasure, which is held.</summary>
    ErasureHeld = 11,

    /// <summary>That was called off.</summary>
    ErasureCancelled = 12,

    /// <summary>The account was erased.</summary>
    Erased = 13,

    /// <summary>At this server as a realm a guess was followed by another one, or by the end, and not by a reset.
    /// </summary>
    WrongGuess = 14,

    /// <summary>The guesses at a slot at this realm are used up.</summary>
    SlotLocked = 15,

    /// <summary>An officer has suspended it.</summary>
    Suspended = 16,

    /// <summary>An officer has resumed it.</summary>
    Resumed = 17,

    /// <summary>An officer holds it: it is not erased.</summary>
    Held = 18,

    /// <summary>That hold has ended.</summary>
    Released = 19,

    /// <summary>It belongs to another subject or issuer from now on.</summary>
    Moved = 20,

    /// <summary>Nobody has used it for long; it is erased where nobody comes.</summary>
    Inactive = 21,

    /// <summary>What the service holds on it was exported.</summary>
    Exported = 22,

    /// <summary>The app has 80 % of a quota, and more.</summary>
    QuotaNearlyReached = 23,

    /// <summary>It has all of it: its users are refused.</summary>
    QuotaReached = 24,
}
