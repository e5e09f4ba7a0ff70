namespace KeyRecovery;

/// <summary>Why a realm evaluates nothing.</summary>
public enum RealmRefusal
{
    /// <summary>The next guess is not due yet.</summary>
    Waiting,

    /// <summary>A device has paused the passphrase.</summary>
    Paused,

    /// <summary>The guesses are used up.</summary>
    Locked,
}
