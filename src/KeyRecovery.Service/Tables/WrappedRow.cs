using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Tables;

/// <summary>
/// A row of the key store as a rotation sees it: what is wrapped under which KEK, and the row with another wrap.
/// </summary>
/// <param name="Row">As it was read.</param>
/// <param name="Kek">Which KEK it hangs on.</param>
/// <param name="Wrapped">The secret under it.</param>
/// <param name="With">The row's value with the secret under another KEK.</param>
internal sealed record WrappedRow(Row Row, KekId Kek, ReadOnlyMemory<byte> Wrapped, Func<KekId, byte[], byte[]> With)
{
    /// <summary>A key row with its subject key.</summary>
    public static WrappedRow? OfKeyRow(Row row)
    {
        var key = KeyRow.Decode(row.Value);
        return key.WrappedSubjectKey.IsEmpty
            ? null
            : new WrappedRow(row, key.Kek, key.WrappedSubjectKey,
                (kek, wrapped) => (key with { Kek = kek, WrappedSubjectKey = wrapped }).Encode());
    }

    /// <summary>A realm's slot with its share.</summary>
    public static WrappedRow? OfRealmSlot(Row row)
    {
        var slot = RealmSlotRow.Decode(row.Value);
        return slot.SealedShare.IsEmpty
            ? null
            : new WrappedRow(row, slot.Kek, slot.SealedShare,
                (kek, wrapped) => (slot with { Kek = kek, SealedShare = wrapped }).Encode());
    }
}
