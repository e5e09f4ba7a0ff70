using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Erasures in the key store, sealed as lookups are: one row an account, under the id of its key row; its plan beside
/// it; and its last receipt in a table of its own, which no pass over erasures reads.
/// </summary>
internal sealed class ErasureRows : IDisposable
{
    private readonly IKeyStore _keys;
    private readonly IRandom _random;
    private readonly SecretBytes _sealKey;

    public ErasureRows(IKeyStore keys, ReadOnlyMemory<byte> lookupKey, IRandom random)
    {
        (_keys, _random) = (keys, random);
        _sealKey = Kdf.Derive(lookupKey.Span, "keyrecovery/server/v1/erasures"u8, SecretBox.KeySize);
        Plans = new ErasurePlans(keys, _sealKey, random);
    }

    public ErasurePlans Plans { get; }

    public static RowKey Of(RowKey keyRow) => new(Table.Erasures, keyRow.Id);

    /// <summary>The key row of an erasure's row.</summary>
    public static RowKey KeyRowOf(Row erasure) => new(Table.KeyRows, erasure.Key.Id);

    /// <summary>An erasure and its row as it was read; null and null where there is none.</summary>
    public async ValueTask<(ErasureRow? Row, Row? Stored)> ReadAsync(RowKey keyRow, CancellationToken ct) =>
        await _keys.ReadAsync(Of(keyRow), ct) is { } stored ? (Open(stored), stored) : (null, null);

    /// <exception cref="RowDamagedException">It does not open.</exception>
    public ErasureRow Open(Row stored) => ErasureRow.Decode(OpenSealed(stored));

    /// <summary>Writes an erasure over what was read; creates it where nothing was.</summary>
    /// <param name="keyRow">The account's key row.</param>
    /// <param name="row">The erasure.</param>
    /// <param name="was">Its row as it was read.</param>
    /// <param name="logged">What it decides for the log; null where it decides nothing, and the row keeps what it
    /// decided last.</param>
    public IReadOnlyList<RowWrite> Write(RowKey keyRow, ErasureRow row, Row? was, LoggedChange? logged = null)
    {
        var value = RowSeal.Seal(
            _sealKey.Span, Of(keyRow), (was?.Version ?? 0) + 1, logged?.Id ?? ChangeId.Of(was), row.Encode(), _random);
        RowWrite write = was is null ? new RowWrite.Create(Of(keyRow), value) : new RowWrite.Replace(was, value);
        return logged is null ? [write] : [Record(row, logged), logged.Outbox, write];
    }

    /// <summary>What a leaf is about, for the auditor's report; null where nobody knows.</summary>
    public async ValueTask<ErasureRecord?> FindRecordAsync(Hash256 leaf, CancellationToken ct) =>
        await _keys.ReadAsync(PlaceOfRecord(leaf), ct) is { } stored
            ? ErasureRecord.Decode(OpenSealed(stored)) : null;

    // Written before what decides: no leaf of an erasure is without it, and one that has no leaf tells of nothing.
    private RowWrite.Ensure Record(ErasureRow row, LoggedChange logged)
    {
        var (leaf, what) = (MerkleTree.LeafHash(logged.Leaf.Encode()), logged.Leaf.Event);
        var isReceipt = what is AuditEvent.Erased or AuditEvent.ErasedEverywhere;
        var record = new ErasureRecord(
            what, row.Id, row.App, row.RequestedBy, row.RequestedAt, row.DueAt, isReceipt ? row.Receipt : default);
        return new RowWrite.Ensure(
            PlaceOfRecord(leaf),
            RowSeal.Seal(_sealKey.Span, PlaceOfRecord(leaf), 1, record.Encode(), _random));
    }

    /// <summary>Whether the log has all that an erasure's row has decided: before, the row must not go.</summary>
    public async ValueTask<bool> IsLoggedAsync(Row stored, CancellationToken ct) =>
        ChangeId.Of(stored) is var newest
        && (newest.IsNone || await _keys.HeadAsync(OutboxRow.Place(StoreKind.Keys, newest), ct) is null);

    /// <summary>The newest receipt of an erased account; empty while there is none.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReceiptAsync(RowKey keyRow, CancellationToken ct) =>
        (await ReadAsync(keyRow, ct)).Row is { } row ? row.Receipt : await LastReceiptAsync(keyRow, ct) ?? default;

    /// <summary>
    /// The last receipt; null where it is not given yet, empty where nobody knows of whom it would be.
    /// </summary>
    public async ValueTask<ReadOnlyMemory<byte>?> LastReceiptAsync(RowKey keyRow, CancellationToken ct) =>
        await _keys.ReadAsync(PlaceOfReceipt(keyRow), ct) is { } stored
            ? OpenSealed(stored) : (ReadOnlyMemory<byte>?)null;

    /// <summary>Writes the last receipt, where there is none: what was given stands.</summary>
    public RowWrite CreateReceipt(RowKey keyRow, ReadOnlySpan<byte> receipt) => new RowWrite.Create(
        PlaceOfReceipt(keyRow), RowSeal.Seal(_sealKey.Span, PlaceOfReceipt(keyRow), 1, receipt, _random));

    public void Dispose() => _sealKey.Dispose();

    private static RowKey PlaceOfRecord(Hash256 leaf) => new(Table.ErasureRecords, leaf.ToArray());

    private static RowKey PlaceOfReceipt(RowKey keyRow) => new(Table.Receipts, keyRow.Id);

    private byte[] OpenSealed(Row stored) =>
        RowSeal.TryOpen(_sealKey.Span, stored.Key, stored.Version, stored.Value.Span)
        ?? throw new RowDamagedException(stored.Key.Table);
}
