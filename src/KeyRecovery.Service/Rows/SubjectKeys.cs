using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rows;

/// <summary>Makes and unwraps subject keys: 32 random bytes an account, under a KEK of the ring, bound to their key row.</summary>
internal sealed class SubjectKeys(IKekRing ring, IRandom random)
{
    /// <summary>Draws a subject key and wraps it under the current KEK.</summary>
    public (AccountRows Rows, KekId Kek, byte[] Wrapped) Create(RowKey keyRow)
    {
        Span<byte> key = stackalloc byte[AccountRows.SubjectKeySize];
        random.Fill(key);
        var kek = ring.Current;
        var wrapped = SecretBox.Seal(kek.Key.Span, Aad(keyRow, kek.Id), key, random);
        return (Take(key), kek.Id, wrapped);
    }

    /// <summary>Unwraps a subject key and gives the rows that it opens.</summary>
    /// <exception cref="RowDamagedException">Its KEK is gone, or it does not open.</exception>
    public AccountRows Open(RowKey keyRow, KeyRow row)
    {
        ServiceMeter.Opening();
        if (!ring.TryGet(row.Kek, out var kek)) throw new RowDamagedException(Table.KeyRows);
        Span<byte> key = stackalloc byte[AccountRows.SubjectKeySize];
        if (!SecretBox.TryOpen(kek.Key.Span, Aad(keyRow, row.Kek), row.WrappedSubjectKey.Span, key))
            throw new RowDamagedException(Table.KeyRows);
        return Take(key);
    }

    private AccountRows Take(Span<byte> key)
    {
        var rows = new AccountRows(key, random);
        CryptographicOperations.ZeroMemory(key);
        return rows;
    }

    private static byte[] Aad(RowKey keyRow, KekId kek) => [.. keyRow.Id.Span, .. BitConverter.GetBytes(kek.Value)];
}
