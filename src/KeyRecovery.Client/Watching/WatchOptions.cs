namespace KeyRecovery;

/// <summary>How an account is watched: see <see cref="VaultSession.WatchAsync"/>.</summary>
public sealed record WatchOptions
{
    /// <summary>The shortest pause between two looks: one second.</summary>
    public static TimeSpan Shortest { get; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The pause between two looks at the server, at least <see cref="Shortest"/>; each is two requests. Default: 30 s.
    /// </summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The pause between two looks at the realms of the account's passphrase, at least <see cref="Shortest"/>: what
    /// strangers guess is seen there alone. Default: one hour.
    /// </summary>
    public TimeSpan RealmPoll { get; init; } = TimeSpan.FromHours(1);
}
