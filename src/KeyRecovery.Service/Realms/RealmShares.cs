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
    private readonly KekOpening _opening = new(ring, keys);

    /// <summary>To be held from before <see cref="Seal"/> until the share's row is written.</summary>
    public KekLease Wrap() => ring.Wrap();

    /// <summary>Seals a share.</summary>
    public (KekId Kek, byte[] Sealed) Seal(KekLease lease, RowKey slot, OprfScalar share) =>
        (lease.Kek.Id, KekBox.Wrap(lease.Kek, slot, share.Span, random));

    /// <summary>Opens the share of a row, also where a rotation has moved the row on since it was read.</summary>
    /// <returns>The share; null where it was destroyed since.</returns>
    /// <exception cref="RowDamagedException">It has no share, its KEK is gone, or it does not open.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<OprfScalar?> OpenAsync(RowKey slot, RealmSlotRow row, CancellationToken ct)
    {
        if (Wrap(row) is not { } wrap) throw new RowDamagedException(Table.RealmSlots);
        return await _opening.OpenAsync(slot, wrap, Read, now => TryOpen(slot, now), ct);
    }

    /// <summary>
    /// To be called when a share's row was created, or an earlier try's is taken, before anything is acknowledged.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It cannot be told, or its KEK is gone.</exception>
    public ValueTask MoveOnAsync(RowKey slot, KekLease? written, CancellationToken ct) =>
        _move.MoveOnAsync(slot, written, Read, ct);

    private static KekWrap? Read(ReadOnlyMemory<byte> value) => Wrap(RealmSlotRow.Decode(value));

    private static KekWrap? Wrap(RealmSlotRow row) => row.SealedShare.IsEmpty ? null : new KekWrap(
        row.Kek, row.SealedShare, (kek, wrapped) => (row with { Kek = kek, SealedShare = wrapped }).Encode());

    private OprfScalar? TryOpen(RowKey slot, KekWrap wrap)
    {
        ServiceMeter.Opening();
        Span<byte> share = stackalloc byte[OprfScalar.Size];
        try
        {
            return KekBox.TryUnwrap(ring, wrap.Kek, slot, wrap.Wrapped.Span, share)
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
