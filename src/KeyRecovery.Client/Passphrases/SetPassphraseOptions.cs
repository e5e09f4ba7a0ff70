namespace KeyRecovery;

/// <summary>How a passphrase is set up.</summary>
public sealed record SetPassphraseOptions
{
    /// <summary>
    /// The app's token for the account's own user, with the home server as audience. It goes to no other server.
    /// Default: one of <see cref="KeyRecoveryOptions.Token"/>.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>How many of the realms must answer; at least
    /// <see cref="RealmGeneration.MinimumThreshold"/>. Default: that.</summary>
    public int? Threshold { get; init; }

    /// <summary>What one guess costs. Default: <see cref="KeyRecoveryOptions.WeakestDevice"/>.</summary>
    public StretchProfile? Profile { get; init; }

    /// <summary>Told after each step: which of how many, and what is done.</summary>
    public IProgress<PassphraseStep>? Progress { get; init; }
}
