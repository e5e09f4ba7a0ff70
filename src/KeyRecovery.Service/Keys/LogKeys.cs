using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Service.Keys;

/// <summary>The keys that a log has had: the newest signs, and while they overlap the one before it too.</summary>
/// <param name="all">All of them, the oldest first; disposed with this object.</param>
/// <param name="overlaps">Whether the one before the newest still signs.</param>
internal sealed class LogKeys(ImmutableArray<SigningKey> all, bool overlaps) : IDisposable
{
    /// <summary>Those that sign, the newest first: one or two.</summary>
    public ImmutableArray<SigningKey> Signing { get; } =
        [.. all.Reverse().Take(overlaps ? 2 : 1)];

    /// <summary>Those whose signatures are the log's, the newest first.</summary>
    public ImmutableArray<VerifyKey> Known { get; } = [.. all.Reverse().Select(key => key.PublicKey)];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var key in all) key.Dispose();
    }
}
