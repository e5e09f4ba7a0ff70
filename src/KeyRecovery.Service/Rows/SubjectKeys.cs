using System.Security.Cryptography;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Telemetry;

namespace KeyRecovery.Service.Rows;

/// <summary>
/// Makes and unwraps subject keys: 32 random bytes an account, under a KEK of the ring, bound to their key row.
/// </summary>
internal sealed class SubjectKeys(IKekRing ring, IKeyStore keys, IRandom random)
{
    // One rotation after the other between two reads; a process that stood still may meet as many.
    private const int Attempts = 16;

    private readonly KekMove _move = new(ring, keys, random);

    /// <summary>To be held from before <see cref="Create"/> until its key row is written.</summary>
    public KekLease Wrap() => ring.Wrap();

    /// <summary>Draws a subject key and wraps it.</summary>
    public (AccountRows Rows, KekId Kek, byte[] Wrapped) Create(KekLease lease, RowKey keyRow)
    {
        Span<byte> key = stackalloc byte[AccountRows.SubjectKeySize];
        random.Fill(key);
        var wrapped = KekBox.Wrap(lease.Kek, keyRow, key, random);
        return (Take(key), lease.Kek.Id, wrapped);
    }

    /// <summary>
    /// Unwraps a subject key and gives the rows that it opens. Where a rotation has moved the row on since it was read,
    /// and destroyed the KEK, the row is read again: the subject key in it is the same.
    /// </summary>
    /// <exception cref="RowDamagedException">Its KEK is gone, or it does not open.</exception>
    /// <exception cref="AccountErasedException">It was erased since the row was read.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<AccountRows> OpenAsync(RowKey keyRow, KeyRow row, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (TryOpen(keyRow, row) is { } rows) return rows;
            if (await ring.LearnAsync(row.Kek, ct) && TryOpen(keyRow, row) is { } learnt) return learnt;
            if (await keys.ReadAsync(keyRow, ct) is not { } stored) break;
            var now = KeyRow.Decode(stored.Value);
            if (now.Kek == row.Kek && now.State == row.State) break;
            if (now.State == KeyRowState.Erased) throw new AccountErasedException();
            row = now;
        }

        throw new RowDamagedException(Table.KeyRows);
    }

    /// <summary>
    /// To be called when a key row was created, or an earlier try's is taken, before anything is acknowledged.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It cannot be told, or its KEK is gone.</exception>
    public ValueTask MoveOnAsync(RowKey keyRow, KekLease? written, CancellationToken ct) =>
        _move.MoveOnAsync(keyRow, written, Read, ct);

    /// <summary>As <see cref="OpenAsync"/>; null where it does not open as it is.</summary>
    public AccountRows? TryOpen(RowKey keyRow, KeyRow row)
    {
        ServiceMeter.Opening();
        Span<byte> key = stackalloc byte[AccountRows.SubjectKeySize];
        return KekBox.TryUnwrap(ring, row.Kek, keyRow, row.WrappedSubjectKey.Span, key) ? Take(key) : null;
    }

    private static KekWrap? Read(ReadOnlyMemory<byte> value)
    {
        var row = KeyRow.Decode(value);
        return row.WrappedSubjectKey.IsEmpty ? null : new KekWrap(
            row.Kek, row.WrappedSubjectKey,
            (kek, wrapped) => (row with { Kek = kek, WrappedSubjectKey = wrapped }).Encode());
    }

    private AccountRows Take(Span<byte> key)
    {
        var rows = new AccountRows(key, random);
        CryptographicOperations.ZeroMemory(key);
        return rows;
    }
}
