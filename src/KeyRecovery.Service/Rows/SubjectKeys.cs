using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rows;

/// <summary>Makes and unwraps subject keys: 32 random bytes an account, under a KEK of the ring, bound to their key row.</summary>
internal sealed class SubjectKeys(IKekRing ring, IRandom random)
{
    /// <summary>Draws a subject key and wraps it under the current KEK.</summary>
    public (SecretBytes Key, KekId Kek, byte[] Wrapped) Create(RowKey keyRow)
    {
        var key = SecretBytes.Random(AccountRows.SubjectKeySize, random);
        var kek = ring.Current;
        return (key, kek.Id, SecretBox.Seal(kek.Key.Span, Aad(keyRow, kek.Id), key.Span, random));
    }

    /// <summary>Unwraps a subject key.</summary>
    /// <exception cref="RowDamagedException">Its KEK is gone, or it does not open.</exception>
    public SecretBytes Unwrap(RowKey keyRow, KeyRow row)
    {
        ServiceMeter.Opening();
        if (!ring.TryGet(row.Kek, out var kek)) throw new RowDamagedException(Table.KeyRows);
        Span<byte> key = stackalloc byte[AccountRows.SubjectKeySize];
        if (!SecretBox.TryOpen(kek.Key.Span, Aad(keyRow, row.Kek), row.WrappedSubjectKey.Span, key))
            throw new RowDamagedException(Table.KeyRows);
        var subjectKey = SecretBytes.Copy(key);
        key.Clear();
        return subjectKey;
    }

    private static byte[] Aad(RowKey keyRow, KekId kek) => [.. keyRow.Id.Span, .. BitConverter.GetBytes(kek.Value)];
}
