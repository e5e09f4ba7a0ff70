namespace KeyRecovery;

/// <summary>Where the key of a device's files lies.</summary>
public enum DeviceKeyPlace
{
    /// <summary>
    /// In the file <c>device.key</c> beside what it opens, 0600: whoever copies the folder has both.
    /// </summary>
    File,

    /// <summary>In that file, under a passphrase (docs/protocol.md §10): a copy of the folder has to be guessed open.
    /// </summary>
    LockedFile,

    /// <summary>
    /// In the keyring of a Linux desktop (freedesktop.org Secret Service): GNOME Keyring, KWallet, KeePassXC. Its
    /// programs may all read it while it is unlocked; a copy of the folder, or of the disk, has nothing.
    /// </summary>
    SecretService,

    /// <summary>
    /// In <c>device.key</c>, protected by Windows for this user (DPAPI). Written by its documentation, and not run.
    /// </summary>
    DataProtection,

    /// <summary>In the login keychain of macOS. Written by its documentation, and not run.</summary>
    Keychain,
}
