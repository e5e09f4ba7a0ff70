using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// What an erasure must find again when the key is gone: where the account's rows are, what leads to it, which shares
/// are its slots', and a row to try. Written before the key is destroyed, and gone with the first receipt.
/// </summary>
internal sealed record ErasurePlan
{
    /// <summary>What the ids of the account's data rows begin with.</summary>
    public required ReadOnlyMemory<byte> Locator { get; init; }

    /// <summary>The account row, which has opened; null where there was none that did.</summary>
    public Row? Kept { get; init; }

    /// <summary>Lookups that lead to the account, and rows of its passphrase slots at this realm.</summary>
    public required ImmutableArray<PlannedRow> Rows { get; init; }

    /// <summary>The account row's place.</summary>
    public RowKey AccountRow => new(Table.Accounts, Locator);

    public IEnumerable<RowKey> Lookups => Rows.Where(r => r.Row.Table.Rows == RowsOf.Lookup).Select(r => r.Row);

    /// <summary>
    /// The rows of the account's user at this realm, one for each name; none where nobody knows whose the account was.
    /// </summary>
    public IEnumerable<RowKey> RealmSubjects =>
        Rows.Where(r => r.Row.Table == Table.Subjects).Select(r => RowIds.RealmSubject(r.Row));

    /// <summary>Slots of the chain at this realm, each with the key by which it is known to be the account's.</summary>
    public IEnumerable<(RowKey Row, ReadOnlyMemory<byte> SigningKey)> Shares =>
        Rows.Where(r => r.Row.Table == Table.RealmSlots).Select(r => (r.Row, r.SigningKey));
}

/// <summary>A row of the key store that an erasure takes along.</summary>
/// <param name="Row">Its place.</param>
/// <param name="SigningKey">Of a slot at the realm, its Ed25519 key; else empty.</param>
internal readonly record struct PlannedRow(RowKey Row, ReadOnlyMemory<byte> SigningKey = default)
{
    /// <summary>Whether this is no row at all.</summary>
    public bool IsNone => Row.Table is null;
}

/// <summary>A part of a plan as it is stored: a chain is long, and a row is not.</summary>
/// <param name="Locator">In the first part; else empty.</param>
/// <param name="Kept">In the first part, where there is one: the sealed account row; else empty.</param>
/// <param name="KeptVersion">Its version.</param>
/// <param name="Next">The name of the next part; null in the last one.</param>
/// <param name="Rows">At most <see cref="MaxRows"/>.</param>
internal sealed record ErasurePlanPart(
    ReadOnlyMemory<byte> Locator, ReadOnlyMemory<byte> Kept, long KeptVersion, Hash256? Next,
    ImmutableArray<PlannedRow> Rows)
{
    /// <summary>The most rows of a part: 4,096, some 300 KiB.</summary>
    public const int MaxRows = 4096;

    private const string RowLabel = "erasure-plan";

    public byte[] Encode()
    {
        var writer = new CborOut().Array(7).Text(RowLabel).UInt(1).Bytes(Locator.Span).Bytes(Kept.Span)
            .UInt((ulong)KeptVersion).Bytes(Next?.ToArray() ?? []).Array(Rows.Length);
        foreach (var (row, key) in Rows)
            writer.Array(3).UInt((ulong)row.Table.Number).Bytes(row.Id.Span).Bytes(key.Span);
        return writer.ToArray();
    }

    public static ErasurePlanPart Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        reader.OwnStructure(RowLabel, 7);
        var (locator, kept, version) =
            (reader.Bytes(0, RowKey.MaxIdSize), reader.Bytes(0, int.MaxValue), (long)reader.UInt());
        Hash256? next = reader.Bytes(0, Hash256.Size) is { Length: > 0 } name ? new Hash256(name) : null;
        var rows = ImmutableArray.CreateBuilder<PlannedRow>(reader.Array(0, MaxRows));
        for (var left = rows.Capacity; left > 0; left--)
        {
            reader.Array(3);
            var table = TableRegistry.Default.Find(reader.UInt(byte.MaxValue));
            WireFormatException.Require(table is not null, "a planned row's table is known");
            rows.Add(
                new PlannedRow(new RowKey(table, reader.Bytes(1, RowKey.MaxIdSize)), reader.Bytes(0, VerifyKey.Size)));
        }

        reader.End();
        return new ErasurePlanPart(locator, kept, version, next, rows.MoveToImmutable());
    }
}
