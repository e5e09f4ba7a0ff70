using System.Diagnostics;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// An epoch key, as a rule the current one, and, opened when first asked for, those on its path (docs/protocol.md §4):
/// each is sealed under the one after it on the path and checked against the commitment of its own epoch.
/// </summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class EpochKeys : IDisposable
{
    private readonly Chain _chain;
    private readonly Dictionary<ulong, EpochKey> _opened = [];
    private readonly Lock _gate = new();
    private EpochKey _oldest;

    internal EpochKeys(Chain chain, EpochKey current)
    {
        _chain = chain;
        Current = _oldest = current;
        _opened.Add(current.Epoch, current);
    }

    /// <summary>
    /// Goes on from a key that the reader holds, and that need not be the newest: from its kept vault, or from a seal
    /// of a restore point.
    /// </summary>
    /// <param name="chain">The chain as it is now.</param>
    /// <param name="key">The key; disposed of with this object.</param>
    /// <returns>Null where it is not the key that the chain commits to.</returns>
    public static EpochKeys? From(Chain chain, EpochKey key) =>
        key.Account == chain.Account && key.Epoch <= chain.Epoch
            && chain.Epochs[(int)key.Epoch - 1].Commit == key.Commit
            ? new EpochKeys(chain, key) : null;

    /// <summary>
    /// A copy of those that another state of the chain commits to as well: a later one, or another line of it, after
    /// a restore. Null where there is no sound one.
    /// </summary>
    public EpochKeys? On(Chain chain)
    {
        for (var epoch = Math.Min(Current.Epoch, chain.Epoch); epoch > 0; epoch--)
        {
            if (Find(epoch)?.Copy() is not { } key) continue;
            if (From(chain, key) is not { } keys) key.Dispose();
            // Who knows a key may begin another epoch with it, that leads nowhere.
            else if (keys.FindUnsound() is null) return keys;
            else keys.Dispose();
        }
        return null;
    }

    /// <summary>The newest key: that of the chain's current epoch, unless the reader came by an older one.</summary>
    public EpochKey Current { get; }

    /// <summary>
    /// The key of <paramref name="epoch"/>, or null where that epoch is not on the path or the way back is broken.
    /// </summary>
    public EpochKey? Find(ulong epoch)
    {
        lock (_gate)
        {
            while (_oldest.Epoch > epoch)
                if (!Step()) return null;
            return _opened.GetValueOrDefault(epoch);
        }
    }

    /// <summary>
    /// Goes all the way back. The epoch whose box does not open to the key that it names, so that all that was stored
    /// before would be lost; null where the epoch of <see cref="Current"/> is sound.
    /// </summary>
    public EpochStart? FindUnsound()
    {
        lock (_gate)
        {
            while (_oldest.Epoch > 1)
                if (!Step()) return Start(_oldest.Epoch);
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var key in _opened.Values) key.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => Redacted.Text;

    private bool Step()
    {
        var start = Start(_oldest.Epoch);
        var previous = _oldest.OpenPrevious(
            start.Previous, Start(start.Previous).Commit, start.PreviousEpochKey.Span);
        if (previous is null) return false;
        _opened.Add(previous.Epoch, previous);
        _oldest = previous;
        return true;
    }

    private EpochStart Start(ulong epoch) => _chain.Epochs[(int)epoch - 1];
}
