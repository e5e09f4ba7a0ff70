using System.Diagnostics;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// The current epoch key and, opened when first asked for, those before it (docs/protocol.md §4): each is sealed under
/// the next and checked against the commitment of its own epoch.
/// </summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class EpochKeys : IDisposable
{
    private readonly Chain _chain;
    private readonly List<EpochKey> _newestFirst;
    private readonly Lock _gate = new();

    internal EpochKeys(Chain chain, EpochKey current)
    {
        _chain = chain;
        _newestFirst = [current];
    }

    /// <summary>The key of the chain's current epoch.</summary>
    public EpochKey Current => _newestFirst[0];

    /// <summary>
    /// The key of <paramref name="epoch"/>, or null where the chain has no such epoch or the way back is broken.
    /// </summary>
    public EpochKey? Find(ulong epoch)
    {
        if (epoch < 1 || epoch > Current.Epoch) return null;
        var steps = (int)(Current.Epoch - epoch);
        lock (_gate)
        {
            while (_newestFirst.Count <= steps)
            {
                var next = _newestFirst[^1];
                var start = _chain.Epochs[(int)next.Epoch - 1];
                var previous = next.OpenPrevious(start.PreviousEpochKey.Span);
                if (previous is null) return null;
                if (previous.Commit != _chain.Epochs[(int)previous.Epoch - 1].Commit)
                {
                    previous.Dispose();
                    return null;
                }
                _newestFirst.Add(previous);
            }
            return _newestFirst[steps];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var key in _newestFirst) key.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => Redacted.Text;
}
