namespace KeyRecovery.Service.Linking;

/// <summary>Caps of the relay (docs/protocol.md §13.4).</summary>
public static class LinkRelayLimits
{
    /// <summary>Messages of one side: 64, twice what the longest exchange needs.</summary>
    public const int MessagesPerSide = 64;

    /// <summary>
    /// Sessions of one account at once, contested ones included: 4, so that one account cannot fill the relay.
    /// </summary>
    public const int SessionsPerAccount = 4;

    /// <summary>All sessions at once: 4,096.</summary>
    public const int Sessions = 4_096;

    /// <summary>All messages and envelopes together, in bytes: 64 MiB.</summary>
    public const long Bytes = 64L * 1024 * 1024;

    /// <summary>A nameplate, in characters of Crockford's base 32: 4.</summary>
    public const int NameplateLength = 4;

    /// <summary>The envelope behind a nameplate, in bytes: 105.</summary>
    public const int EnvelopeBytes = 105;

    /// <summary>A join token or a bearer, in bytes: 32.</summary>
    public const int TokenBytes = 32;

    /// <summary>How long a session waits for its claim: 120 s.</summary>
    public static readonly TimeSpan UnclaimedLife = TimeSpan.FromSeconds(120);

    /// <summary>How long a session lives after its first claim, whatever happens: 300 s.</summary>
    public static readonly TimeSpan ClaimedLife = TimeSpan.FromSeconds(300);

    /// <summary>The longest wait for a message: 25 s, below what proxies cut off.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(25);
}
