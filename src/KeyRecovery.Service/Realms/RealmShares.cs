using System.Security.Cryptography;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// Seals and opens shares under a KEK of the ring, bound to their row, as subject keys are: with the KEK the share is gone
/// from every copy, and a rotation moves it on.
/// </summary>
internal sealed class RealmShares(IKekRing ring, IRandom random)
{
    /// <summary>Seals a share under the current KEK.</summary>
    public (KekId Kek, byte[] Sealed) Seal(RowKey slot, OprfScalar share)
    {
        var kek = ring.Current;
        Span<byte> aad = stackalloc byte[AadSize];
        return (kek.Id, SecretBox.Seal(kek.Key.Span, Aad(slot, kek.Id, aad), share.Span, random));
    }

    /// <summary>Opens the share of a row.</summary>
    /// <exception cref="RowDamagedException">Its KEK is gone, or it does not open.</exception>
    public OprfScalar Open(RowKey slot, RealmSlotRow row)
    {
        ServiceMeter.Opening();
        if (!ring.TryGet(row.Kek, out var kek)) throw new RowDamagedException(Table.RealmSlots);
        Span<byte> aad = stackalloc byte[AadSize];
        Span<byte> share = stackalloc byte[OprfScalar.Size];
        try
        {
            return SecretBox.TryOpen(kek.Key.Span, Aad(slot, row.Kek, aad), row.SealedShare.Span, share)
                && OprfScalar.TryParse(share, out var scalar) ? scalar : throw new RowDamagedException(Table.RealmSlots);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(share);
        }
    }

    private const int AadSize = RowKey.MaxIdSize + sizeof(uint);

    // The row's id, then the KEK's.
    private static ReadOnlySpan<byte> Aad(RowKey slot, KekId kek, Span<byte> buffer)
    {
        slot.Id.Span.CopyTo(buffer);
        BitConverter.TryWriteBytes(buffer[slot.Id.Length..], kek.Value);
        return buffer[..(slot.Id.Length + sizeof(uint))];
    }
}
