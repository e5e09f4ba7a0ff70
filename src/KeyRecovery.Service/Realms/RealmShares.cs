using System.Security.Cryptography;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Telemetry;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// Seals and opens shares under a KEK of the ring, bound to their row, as subject keys are: with the KEK the share is
/// gone from every copy, and a rotation moves it on.
/// </summary>
internal sealed class RealmShares(IKekRing ring, IKeyStore keys, IRandom random)
{
    /// <summary>To be held from before <see cref="Seal"/> until the share's row is written.</summary>
    public KekLease Wrap() => ring.Wrap();

    /// <summary>Whether new shares are sealed under this KEK.</summary>
    public bool IsCurrent(KekId kek) => ring.Current.Id == kek;

    /// <summary>Seals a share.</summary>
    public (KekId Kek, byte[] Sealed) Seal(KekLease lease, RowKey slot, OprfScalar share) =>
        (lease.Kek.Id, KekBox.Wrap(lease.Kek, slot, share.Span, random));

    /// <summary>
    /// Opens the share of a row. Where a rotation has moved the row on since it was read, and destroyed the KEK, the
    /// row is read again: the share in it is the same.
    /// </summary>
    /// <exception cref="RowDamagedException">Its KEK is gone, or it does not open.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<OprfScalar> OpenAsync(RowKey slot, RealmSlotRow row, CancellationToken ct)
    {
        if (TryOpen(slot, row) is { } share) return share;
        if (await keys.ReadAsync(slot, ct) is { } stored && RealmSlotRow.Decode(stored.Value) is var now
            && now.Kek != row.Kek
            && TryOpen(slot, now) is { } moved) return moved;
        throw new RowDamagedException(Table.RealmSlots);
    }

    /// <summary>
    /// Claim, then look: a KEK that was the current one until the share's row was written may be destroyed after the
    /// next pass over the rows, and that pass may have begun before it. Then the share moves on.
    /// </summary>
    public async ValueTask MoveOnAsync(RowKey slot, KekId written, OprfScalar share, CancellationToken ct)
    {
        const int attempts = 16;
        for (var attempt = 0; attempt < attempts && !IsCurrent(written); attempt++)
        {
            if (await keys.ReadAsync(slot, ct) is not { } stored) return;
            var row = RealmSlotRow.Decode(stored.Value);
            if (row.SealedShare.IsEmpty || IsCurrent(row.Kek)) return;
            using var lease = Wrap();
            var (kek, sealedShare) = Seal(lease, slot, share);
            var next = row with { Kek = kek, SealedShare = sealedShare };
            await keys.WriteAsync([new RowWrite.Replace(stored, next.Encode())], ct);
        }
    }

    private OprfScalar? TryOpen(RowKey slot, RealmSlotRow row)
    {
        ServiceMeter.Opening();
        Span<byte> share = stackalloc byte[OprfScalar.Size];
        try
        {
            return KekBox.TryUnwrap(ring, row.Kek, slot, row.SealedShare.Span, share)
                && OprfScalar.TryParse(share, out var scalar)
                ? scalar
                : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(share);
        }
    }
}
