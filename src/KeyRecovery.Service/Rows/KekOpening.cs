using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rows;

/// <summary>
/// Opens the secret of a row that was read a while ago. Where a rotation has moved the row on since, and destroyed the
/// KEK, the row is read again, as often as that was so: the secret in it is the same.
/// </summary>
internal sealed class KekOpening(IKekRing ring, IKeyStore keys)
{
    // One rotation after the other between two reads; a process that stood still may meet as many.
    private const int Attempts = 16;

    /// <summary>Opens a secret.</summary>
    /// <param name="place">The row.</param>
    /// <param name="wrap">Its secret, as it was read.</param>
    /// <param name="read">Reads the row's secret; null where it has none any more.</param>
    /// <param name="tryOpen">Opens it as it is; null where that cannot be.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>What was opened; null where the row has no secret any more.</returns>
    /// <exception cref="RowDamagedException">Its KEK is gone, or it does not open.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<T?> OpenAsync<T>(
        RowKey place, KekWrap wrap, Func<ReadOnlyMemory<byte>, KekWrap?> read, Func<KekWrap, T?> tryOpen,
        CancellationToken ct) where T : class
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (tryOpen(wrap) is { } opened) return opened;
            if (await ring.LearnAsync(wrap.Kek, ct).ConfigureAwait(false) && tryOpen(wrap) is { } learnt) return learnt;
            if (await keys.ReadAsync(place, ct).ConfigureAwait(false) is not { } stored) break;
            if (read(stored.Value) is not { } now) return null;
            if (now.Kek == wrap.Kek) break;
            wrap = now;
        }

        throw new RowDamagedException(place.Table);
    }
}
