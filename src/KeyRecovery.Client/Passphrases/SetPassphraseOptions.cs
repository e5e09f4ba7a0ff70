using KeyRecovery.Protocol.Passphrases;

namespace KeyRecovery;

/// <summary>How a passphrase is set up.</summary>
public sealed record SetPassphraseOptions
{
    /// <summary>
    /// The app's token for its user, with the home server as audience; realms that have a token of their own use that.
    /// </summary>
    public required string Token { get; init; }

    /// <summary>How many of the realms must answer; more than half of them. Default: the smallest that is.</summary>
    public int? Threshold { get; init; }

    /// <summary>What one guess costs. Default: <see cref="KeyRecoveryOptions.WeakestDevice"/>.</summary>
    public StretchProfile? Profile { get; init; }

    /// <summary>Told after each step: which of how many, and what is done.</summary>
    public IProgress<PassphraseStep>? Progress { get; init; }
}
