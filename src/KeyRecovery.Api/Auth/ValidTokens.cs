using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// App tokens that were found to hold, by their SHA-256, until they expire and for 60 s at most: a key that the issuer
/// withdraws counts for no longer. Some thousand entries in two generations; no token is kept.
/// </summary>
internal sealed class ValidTokens(TimeProvider time)
{
    /// <summary>How long a token is not looked at again.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(60);

    private const int Generation = 4096;

    private ConcurrentDictionary<Hash256, Entry> _young = new();
    private ConcurrentDictionary<Hash256, Entry> _old = new();

    public bool TryFind(Hash256 token, [NotNullWhen(true)] out AppUser? user)
    {
        user = _young.TryGetValue(token, out var entry) || _old.TryGetValue(token, out entry) ? entry.User : null;
        // A clock that went back makes no entry live longer.
        var now = time.GetUtcNow();
        if (user is not null && (now < entry.From || now >= entry.Until)) user = null;
        return user is not null;
    }

    public void Add(Hash256 token, AppUser user, DateTimeOffset expires)
    {
        var now = time.GetUtcNow();
        var until = expires < now + Life ? expires : now + Life;
        if (until <= now) return;
        if (_young.Count >= Generation) (_old, _young) = (_young, new ConcurrentDictionary<Hash256, Entry>());
        _young[token] = new Entry(user, now, until);
    }

    private readonly record struct Entry(AppUser User, DateTimeOffset From, DateTimeOffset Until);
}
