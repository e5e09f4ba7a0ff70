namespace KeyRecovery;

/// <summary>Why a restore point is kept.</summary>
public enum RestorePointReason
{
    /// <summary>It is what the account was before a device or slot made its first change while it was new.</summary>
    YoungAuthority,

    /// <summary>It is what the account was before somebody was added or removed, or an epoch began.</summary>
    Link,

    /// <summary>
    /// It is the last state that this device could open; what the account is now it cannot
    /// (<see cref="ClientFailure.Spoiled"/>).
    /// </summary>
    KeptHere,

    /// <summary>It is what a restored server had, and a device has given back something else in its place.</summary>
    Replaced,
}
