using System.Collections.Immutable;

namespace KeyRecovery;

/// <summary>
/// The server was restored and lacks the account's newest links: it takes no changes. Any device that has them gives
/// them back by itself when it opens the account.
/// </summary>
/// <param name="RestoredAt">When the server was restored, by its clock.</param>
/// <param name="OpensAt">From when the account can go on without them, 72 hours later:
/// <see cref="VaultSession.GoOnAsync"/>.</param>
/// <param name="Leaving">Who is in the restored account and was removed since: whoever goes on removes them.</param>
public sealed record BehindInfo(
    DateTimeOffset RestoredAt, DateTimeOffset OpensAt, ImmutableArray<AuthorityInfo> Leaving);
