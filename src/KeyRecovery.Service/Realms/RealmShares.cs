using System.Security.Cryptography;
using KeyRecovery.Protocol.Oprf;
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
    private readonly KekMove _move = new(ring, keys, random);

    /// <summary>To be held from before <see cref="Seal"/> until the share's row is written.</summary>
    public KekLease Wrap() => ring.Wrap();

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
        if (await ring.LearnAsync(row.Kek, ct) && TryOpen(slot, row) is { } learnt) return learnt;
        if (await keys.ReadAsync(slot, ct) is { } stored && RealmSlotRow.Decode(stored.Value) is var now
            && now.Kek != row.Kek)
        {
            await ring.LearnAsync(now.Kek, ct);
            if (TryOpen(slot, now) is { } moved) return moved;
        }

        throw new RowDamagedException(Table.RealmSlots);
    }

    /// <summary>
    /// To be called when a share's row was created, or an earlier try's is taken, before anything is acknowledged.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It cannot be told, or its KEK is gone.</exception>
    public ValueTask MoveOnAsync(RowKey slot, KekLease? written, CancellationToken ct) =>
        _move.MoveOnAsync(slot, written, Read, ct);

    private static KekWrap? Read(ReadOnlyMemory<byte> value)
    {
        var row = RealmSlotRow.Decode(value);
        return row.SealedShare.IsEmpty ? null : new KekWrap(
            row.Kek, row.SealedShare, (kek, wrapped) => (row with { Kek = kek, SealedShare = wrapped }).Encode());
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
