namespace KeyRecovery;

/// <summary>What keeps a device's state from being read.</summary>
public enum DeviceStoreTrouble
{
    /// <summary>Nothing that the store knows of.</summary>
    Unknown,

    /// <summary>Another program is at it.</summary>
    Busy,

    /// <summary>The state is there, and the key that it is sealed under is not.</summary>
    KeyMissing,

    /// <summary>The state, or its key, was cut, is empty, or has too much.</summary>
    WrongSize,

    /// <summary>State and key do not belong together, or one of them was changed.</summary>
    DoesNotOpen,

    /// <summary>It opens, and what is in it does not read.</summary>
    Damaged,

    /// <summary>A newer version of the app has written it.</summary>
    Newer,

    /// <summary>Something else has the place of the file or the folder.</summary>
    NotAFile,

    /// <summary>This user of the machine may not read it.</summary>
    NoPermission,

    /// <summary>
    /// The key is there and locked: a keyring that has to be unlocked first, or a passphrase that nobody was asked for.
    /// </summary>
    Locked,

    /// <summary>The passphrase does not open the key. Nothing counts the tries.</summary>
    WrongPassphrase,

    /// <summary>
    /// The platform's store of the key cannot be reached: no desktop session, a service that does not answer.
    /// </summary>
    KeyStoreAway,
}
