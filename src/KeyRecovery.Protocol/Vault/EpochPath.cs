using System.Collections.Immutable;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// The epochs whose keys the newest one leads to: e, the one that its link names, the one that that one names, down to
/// 1 (docs/protocol.md §3). An epoch that was left off, because its key or seals are a culprit's, is not on it. Kept
/// are the steps that leave one off; all others go to the epoch before. Immutable.
/// </summary>
public sealed class EpochPath
{
    private readonly ImmutableArray<EpochStep> _skips;

    private EpochPath(ulong newest, ImmutableArray<EpochStep> skips) => (Newest, _skips) = (newest, skips);

    /// <summary>The path of link 0: epoch 1 alone.</summary>
    public static EpochPath First { get; } = new(1, []);

    /// <summary>The newest epoch.</summary>
    public ulong Newest { get; }

    /// <summary>The steps that leave an epoch off, ascending by <see cref="EpochStep.Epoch"/>.</summary>
    public ImmutableArray<EpochStep> Skips => _skips;

    /// <summary>Goes on from what <see cref="Newest"/> and <see cref="Skips"/> told. Checks nothing.</summary>
    public static EpochPath Resume(ulong newest, ImmutableArray<EpochStep> skips) => new(newest, skips);

    /// <summary>The path after a link that begins the next epoch.</summary>
    /// <param name="previous">The epoch that it names, below the new one.</param>
    public EpochPath Begin(ulong previous)
    {
        var next = Newest + 1;
        return new EpochPath(next, previous == Newest ? _skips : _skips.Add(new EpochStep(next, previous)));
    }

    /// <summary>The epoch that <paramref name="epoch"/>, which is above 1, leads to.</summary>
    public ulong Before(ulong epoch)
    {
        var at = _skips.BinarySearch(new EpochStep(epoch, 0), EpochStep.ByEpoch);
        return at >= 0 ? _skips[at].Previous : epoch - 1;
    }

    /// <summary>Whether an epoch is on the path of the newest one.</summary>
    public bool Contains(ulong epoch)
    {
        if (epoch < 1) return false;
        var at = Newest;
        for (var i = _skips.Length - 1; i >= 0; i--)
        {
            if (_skips[i].Epoch > at) continue;
            if (epoch >= _skips[i].Epoch) break;
            at = _skips[i].Previous;
        }
        return epoch <= at;
    }
}

/// <summary>A step of the path that leaves epochs off.</summary>
/// <param name="Epoch">The epoch that the step leaves.</param>
/// <param name="Previous">The one that it leads to: not the one before it.</param>
public readonly record struct EpochStep(ulong Epoch, ulong Previous)
{
    internal static Comparer<EpochStep> ByEpoch { get; } =
        Comparer<EpochStep>.Create(static (a, b) => a.Epoch.CompareTo(b.Epoch));
}

/// <summary>How an epoch began.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Commit">The commitment to its key (docs/protocol.md §4).</param>
/// <param name="Previous">The epoch whose key it holds; 0 for epoch 1.</param>
/// <param name="PreviousEpochKey">That key, sealed under its own: 48 bytes, empty for epoch 1.</param>
/// <param name="Signer">Who began it.</param>
public sealed record EpochStart(
    ulong Epoch, Hash256 Commit, ulong Previous, ReadOnlyMemory<byte> PreviousEpochKey, AuthorityId Signer);
