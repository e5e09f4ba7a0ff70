using System.Security.Cryptography;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Keys;

/// <summary>A secret as a row holds it: under which KEK, and the row's value with it under another one.</summary>
internal readonly record struct KekWrap(
    KekId Kek, ReadOnlyMemory<byte> Wrapped, Func<KekId, byte[], byte[]> With);

/// <summary>
/// Claim, then look: a KEK that was the current one until a new row was written may be destroyed after the next full
/// pass over the rows, and that pass may have begun before it. So whoever has written something new looks at the
/// standings before anybody hears of it, and moves it on, while he still has the key.
/// </summary>
internal sealed class KekMove(IKekRing ring, IKeyStore keys, IRandom random)
{
    private const int Attempts = 16;

    /// <summary>Sees to it that a row which was just written hangs on the current KEK.</summary>
    /// <param name="place">The row.</param>
    /// <param name="written">Under what it was written; null where an earlier try did it, which may have died.</param>
    /// <param name="read">Reads the row's secret; null where it has none any more.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="StoreUnavailableException">The standings or the row cannot be read or written, or its KEK is
    /// gone: nothing may be acknowledged.</exception>
    public async ValueTask MoveOnAsync(
        RowKey place, KekLease? written, Func<ReadOnlyMemory<byte>, KekWrap?> read, CancellationToken ct)
    {
        // On a ring of one process this is all.
        await ring.RefreshAsync(ct).ConfigureAwait(false);
        if (written is not null && ring.Current.Id == written.Kek.Id) return;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await keys.ReadAsync(place, ct).ConfigureAwait(false) is not { } stored
                || read(stored.Value) is not { } wrap) return;
            // After the row was read: what was current then is looked through by every later pass.
            await ring.RefreshAsync(ct).ConfigureAwait(false);
            if (ring.Current.Id == wrap.Kek) return;
            using var to = ring.Wrap();
            if (Rewrap(place, written?.Kek, wrap, to.Kek) is not { } rewrapped)
                throw new StoreUnavailableException(StoreFault.Busy, "a KEK was destroyed while a row was written");
            var write = new RowWrite.Replace(stored, wrap.With(to.Kek.Id, rewrapped));
            if (await keys.WriteAsync([write], ct).ConfigureAwait(false) is WriteResult.Unavailable(_, var reason))
                throw new StoreUnavailableException(reason, "a row cannot be moved to the current KEK");
        }

        throw new StoreUnavailableException(StoreFault.Busy, "the current KEK keeps changing");
    }

    private byte[]? Rewrap(RowKey place, Kek? held, KekWrap wrap, Kek to)
    {
        if (held?.Id != wrap.Kek) return KekBox.TryRewrap(ring, wrap.Kek, to, place, wrap.Wrapped.Span, random);
        Span<byte> secret = stackalloc byte[KekBox.SecretSize];
        try
        {
            return KekBox.TryUnwrap(held, place, wrap.Wrapped.Span, secret)
                ? KekBox.Wrap(to, place, secret, random) : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
