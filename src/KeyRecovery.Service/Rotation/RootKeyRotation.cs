using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rotation;

/// <summary>
/// Replaces the root key: a next one is made durable, the few things that the root wraps are wrapped anew, and then it
/// takes the place of the old one. What is left to do is seen from what is there, so a crash anywhere only delays it.
/// </summary>
public sealed class RootKeyRotation : IDisposable
{
    private const int Attempts = 16;

    private readonly SemaphoreSlim _running = new(1, 1);
    private readonly IKeyStore _keys;
    private readonly IRotatingRootKey _root;
    private readonly IReadOnlyList<IRootSealed> _sealed;

    /// <summary>Puts a rotation together.</summary>
    /// <param name="keys">Holds the server's secrets.</param>
    /// <param name="root">The root key.</param>
    /// <param name="others">What else it seals: the ring.</param>
    public RootKeyRotation(IKeyStore keys, IRotatingRootKey root, IReadOnlyList<IRootSealed> others) =>
        (_keys, _root, _sealed) = (keys, root, others);

    /// <summary>Whether a change was begun and has not ended.</summary>
    public bool IsUnfinished => _root.IsRotating;

    /// <summary>Replaces the root key, or finishes what was begun.</summary>
    /// <param name="ct">Stops between two writes; nothing is lost by it.</param>
    public async Task<RingResult> RunAsync(CancellationToken ct)
    {
        await _running.WaitAsync(ct);
        try
        {
            if (_root.AddNext() is RingResult.Refused noNext) return noNext;
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                if (await RewrapAsync(ct) is not { } left) return await SealAsync(ct);
                if (left is RingResult.Refused refused) return refused;
            }

            return new RingResult.Refused("the server's secrets kept changing", null);
        }
        catch (StoreUnavailableException e)
        {
            return new RingResult.Refused($"the key store does not answer ({e.Reason})", e);
        }
        finally
        {
            _running.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _running.Dispose();

    // Null when a whole pass found nothing to do.
    private async Task<RingResult?> RewrapAsync(CancellationToken ct)
    {
        RingResult? result = null;
        await foreach (var row in _keys.ScanAsync(Table.Secrets, ct))
        {
            // What is not known here cannot be wrapped anew, and would be lost with the old key.
            if (ServerSecrets.PurposeOf(row.Key) is not { } purpose)
                return new RingResult.Refused($"{row.Key} is not known to this version of KeyRecovery", null);
            if (_root.IsUnderNext(purpose, row.Value.Span)) continue;
            if (!_root.TryUnwrap(purpose, row.Value.Span, out var secret))
                return new RingResult.Refused(
                    "a secret in the key store opens neither under the root key nor under the next one", null);

            result = new RingResult.Done();
            using (secret)
            {
                var write = new RowWrite.Replace(row, _root.Wrap(purpose, secret.Span));
                if (await _keys.WriteAsync([write], ct) is WriteResult.Unavailable(_, var reason))
                    throw new StoreUnavailableException(reason, "a secret cannot be wrapped anew");
            }
        }

        return result;
    }

    private async Task<RingResult> SealAsync(CancellationToken ct)
    {
        foreach (var other in _sealed)
            if (await other.ResealAsync(ct) is RingResult.Refused refused) return refused;
        return _root.Finish();
    }
}
