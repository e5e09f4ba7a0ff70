namespace KeyRecovery.Cli.Invocation;

/// <summary>Where a home's key lies, and what that means.</summary>
internal static class KeyPlaceText
{
    /// <summary>For machines.</summary>
    public static string Word(DeviceKeyPlace place) => place switch
    {
        DeviceKeyPlace.LockedFile => "locked-file",
        DeviceKeyPlace.SecretService => "secret-service",
        DeviceKeyPlace.DataProtection => "data-protection",
        DeviceKeyPlace.Keychain => "keychain",
        _ => "file",
    };

    /// <summary>In a few words.</summary>
    public static string Short(DeviceKeyPlace place) => place switch
    {
        DeviceKeyPlace.LockedFile => "in its folder, under a passphrase",
        DeviceKeyPlace.SecretService => "in the desktop's keyring",
        DeviceKeyPlace.DataProtection => "in its folder, protected by Windows for this user",
        DeviceKeyPlace.Keychain => "in the login keychain",
        _ => "in its folder, as a file",
    };

    /// <summary>In whole sentences, once a home is made.</summary>
    public static string Of(DeviceKeyPlace place, string home) => place switch
    {
        DeviceKeyPlace.LockedFile =>
            $"This device's keys are kept in {home}, under the passphrase: each command asks for it.",
        DeviceKeyPlace.SecretService =>
            $"This device's keys are kept in {home}, and the key to them in the desktop's keyring: they open in this "
            + "user's session alone.",
        DeviceKeyPlace.DataProtection or DeviceKeyPlace.Keychain =>
            $"This device's keys are kept in {home}, and the key to them by the operating system: they open for this "
            + "user alone.",
        _ =>
            $"This device's keys are kept in {home}, and so is the key to them: whoever copies that folder has both. "
            + "For a passphrase: keyrecovery lock set",
    };
}
