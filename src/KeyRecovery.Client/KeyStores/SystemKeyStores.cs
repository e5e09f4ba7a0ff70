namespace KeyRecovery.Client.KeyStores;

/// <summary>What the operating system offers to keep a key in.</summary>
/// <param name="SessionBus">The address of the desktop's session bus; null where there is none.</param>
internal sealed record SystemKeyStores(string? SessionBus)
{
    /// <summary>This machine's, in this session.</summary>
    public static SystemKeyStores OfThisMachine =>
        new(Environment.GetEnvironmentVariable("DBUS_SESSION_BUS_ADDRESS") is { Length: > 0 } bus ? bus : null);

    /// <summary>
    /// The one for a new home: only where it answers now, and without asking a person, since the next start may be one
    /// where nobody sits.
    /// </summary>
    public async ValueTask<DeviceKeyPlace> FindAsync(CancellationToken ct) =>
        OperatingSystem.IsWindows() ? DeviceKeyPlace.DataProtection
        : OperatingSystem.IsMacOS() ? DeviceKeyPlace.Keychain
        : SessionBus is not null && await SecretServiceKeys.IsReadyAsync(SessionBus, ct) ? DeviceKeyPlace.SecretService
        : DeviceKeyPlace.File;
}
