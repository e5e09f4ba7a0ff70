using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Erasure;

/// <summary>Erasures in the key store: one for each account, under the id of its key row, sealed as lookups are.</summary>
internal sealed class ErasureRows(IKeyStore keys, ReadOnlyMemory<byte> lookupKey, IRandom random) : IDisposable
{
    private readonly SecretBytes _sealKey = Kdf.Derive(lookupKey.Span, "keyrecovery/server/v1/erasures"u8, SecretBox.KeySize);

    public static RowKey Of(RowKey keyRow) => new(Table.Erasures, keyRow.Id);

    /// <summary>An erasure and its row as it was read; null and null where there is none.</summary>
    public async ValueTask<(ErasureRow? Row, Row? Stored)> ReadAsync(RowKey keyRow, CancellationToken ct) =>
        await keys.ReadAsync(Of(keyRow), ct) is { } stored ? (Open(stored), stored) : (null, null);

    public ErasureRow Open(Row stored) => ErasureRow.Decode(
        RowSeal.TryOpen(_sealKey.Span, stored.Key, stored.Version, stored.Value.Span) ?? throw new RowDamagedException(Table.Erasures));

    /// <summary>Writes an erasure over what was read; creates it where nothing was.</summary>
    public RowWrite Write(RowKey keyRow, ErasureRow row, Row? was)
    {
        var value = RowSeal.Seal(_sealKey.Span, Of(keyRow), (was?.Version ?? 0) + 1, row.Encode(), random);
        return was is null ? new RowWrite.Create(Of(keyRow), value) : new RowWrite.Replace(was, value);
    }

    /// <summary>The receipt of an erased account, or empty while there is none.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReceiptAsync(RowKey keyRow, CancellationToken ct) =>
        (await ReadAsync(keyRow, ct)).Row?.Receipt ?? default;

    public void Dispose() => _sealKey.Dispose();
}
