namespace KeyRecovery;

/// <summary>
/// What <c>AddKeyRecovery</c> is told: which server, which app, where this device keeps its keys. All else of <see
/// cref="KeyRecoveryOptions"/> has its default, or is said in <see cref="Adjust"/>.
/// </summary>
/// <remarks>Checked when the client is first asked for, and at the start of an app that has a host: a fault is an
/// <c>OptionsValidationException</c> that names the setting.</remarks>
public sealed class KeyRecoverySettings
{
    /// <summary>The server's origin, without a path: see <see cref="ServerAddress"/>. Required.</summary>
    public Uri? Server { get; set; }

    /// <summary>The app's id, 1–64 characters of <c>a-z 0-9 . -</c>. Required.</summary>
    public string? App { get; set; }

    /// <summary>
    /// The folder where this device keeps its keys (<see cref="FileDeviceStore"/>), which is its alone. Required unless
    /// an <see cref="IDeviceStore"/> is registered.
    /// </summary>
    public string? Folder { get; set; }

    /// <summary>
    /// Where a new home has its key. Default: a file in <see cref="Folder"/>; null asks the operating system (<see
    /// cref="HomeKeyStore"/>). A home that is there keeps its place.
    /// </summary>
    public DeviceKeyPlace? NewHome { get; set; } = DeviceKeyPlace.File;

    /// <summary>
    /// Says the rest, from what was made of the settings and what the app has registered: realms, pins, token, cache,
    /// deadlines. Runs once, when the client is made. Default: nothing.
    /// </summary>
    public Func<IServiceProvider, KeyRecoveryOptions, KeyRecoveryOptions>? Adjust { get; set; }
}
