namespace KeyRecovery;

/// <summary>Where the key of a new home is to lie, and who is asked for a passphrase.</summary>
public sealed record HomeKeyOptions
{
    /// <summary>
    /// The place for a home that has no key yet; null for the operating system's where one answers, else a file. A home
    /// that has a key keeps it where it is, whatever is said here. Default: null.
    /// </summary>
    public DeviceKeyPlace? NewHome { get; init; }

    /// <summary>
    /// Asks for the passphrase of a locked file, of a new one too. What it gives stays the app's, and is read before
    /// the call of the store returns. It is asked once for a store, and again after a wrong one (<see
    /// cref="DeviceStoreTrouble.WrongPassphrase"/>). Default: null, which is told as <see
    /// cref="DeviceStoreTrouble.Locked"/>.
    /// </summary>
    public Func<CancellationToken, ValueTask<Passphrase>>? AskPassphrase { get; init; }
}
