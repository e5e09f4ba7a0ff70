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
    private readonly KekMove _move = new(ring, keys, random);
    private readonly KekOpening _opening = new(ring, keys);

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
    /// Unwraps a subject key and gives the rows that it opens, also where a rotation has moved its row on since.
    /// </summary>
    /// <exception cref="RowDamagedException">It has no key, its KEK is gone, or it does not open.</exception>
    /// <exception cref="AccountErasedException">It was erased since the row was read.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<AccountRows> OpenAsync(RowKey keyRow, KeyRow row, CancellationToken ct)
    {
        if (Wrap(row) is not { } wrap) throw new RowDamagedException(Table.KeyRows);
        return await _opening.OpenAsync(keyRow, wrap, Read, now => TryOpen(keyRow, now), ct)
            ?? throw new AccountErasedException();
    }

    /// <summary>
    /// To be called when a key row was created, or an earlier try's is taken, before anything is acknowledged.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It cannot be told, or its KEK is gone.</exception>
    public ValueTask MoveOnAsync(RowKey keyRow, KekLease? written, CancellationToken ct) =>
        _move.MoveOnAsync(keyRow, written, Read, ct);

    /// <summary>As <see cref="OpenAsync"/>; null where it does not open as it is.</summary>
    public AccountRows? TryOpen(RowKey keyRow, KeyRow row) => Wrap(row) is { } wrap ? TryOpen(keyRow, wrap) : null;

    private AccountRows? TryOpen(RowKey keyRow, KekWrap wrap)
    {
        ServiceMeter.Opening();
        Span<byte> key = stackalloc byte[AccountRows.SubjectKeySize];
        return KekBox.TryUnwrap(ring, wrap.Kek, keyRow, wrap.Wrapped.Span, key) ? Take(key) : null;
    }

    private static KekWrap? Read(ReadOnlyMemory<byte> value) => Wrap(KeyRow.Decode(value));

    private static KekWrap? Wrap(KeyRow row) => row.WrappedSubjectKey.IsEmpty ? null : new KekWrap(
        row.Kek, row.WrappedSubjectKey,
        (kek, wrapped) => (row with { Kek = kek, WrappedSubjectKey = wrapped }).Encode());

    private AccountRows Take(Span<byte> key)
    {
        var rows = new AccountRows(key, random);
        CryptographicOperations.ZeroMemory(key);
        return rows;
    }
}
