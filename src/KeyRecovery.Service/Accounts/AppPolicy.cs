using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Service.Accounts;

/// <summary>What one app decides for its accounts.</summary>
public sealed record AppPolicy
{
    /// <summary>The policy of an app that decides nothing.</summary>
    public static AppPolicy Default { get; } = new();

    /// <summary>Whether recovery by code also needs the app's token. Default: the code alone suffices.</summary>
    public bool CodeNeedsToken { get; init; }

    /// <summary>How long a new authority waits before it may remove older ones, 0–720 h. Default: 72 h.</summary>
    public TimeSpan TrustAfter { get; init; } = TimeSpan.FromHours(72);

    /// <summary>
    /// The content of one item in bytes, at most <see cref="Limits.MaxItemBytes"/>. Default: 262,144.
    /// </summary>
    public int ItemBytes { get; init; } = Limits.ItemBytes;

    /// <summary>
    /// Commits that one account makes in a day (UTC), 1–1,000,000. Default: 2,000, more than people and apps make.
    /// </summary>
    public int CommitsPerDay { get; init; } = 2_000;

    /// <summary>How long an erasure that a device asks for is held, 0–720 h. Default: 72 h.</summary>
    public TimeSpan ErasureHold { get; init; } = TimeSpan.FromHours(72);

    /// <summary>
    /// The audit keys of home servers whose accounts' slots this server keeps as a realm. Default: none but its own.
    /// </summary>
    public ImmutableArray<VerifyKey> Homes { get; init; } = [];

    /// <summary>
    /// The names of the app's issuer where it had others: that of today first, then those before, the newest first.
    /// Accounts that stand under any of them are its users'. Default: none, which is for an issuer with one name.
    /// </summary>
    public ImmutableArray<string> Issuers { get; init; } = [];

    /// <summary>How much the app may have. Default: as much as there is room for.</summary>
    public AppQuota Quota { get; init; } = AppQuota.None;

    /// <summary>When accounts that nobody uses are erased. Default: never.</summary>
    public InactivityPolicy? Inactive { get; init; }

    /// <summary>How often a passphrase may be guessed at this server as a realm.</summary>
    public PassphrasePolicy Passphrase { get; init; } = PassphrasePolicy.Default;
}
