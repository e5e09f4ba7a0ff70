using System.Collections.Immutable;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Plans in the key store: chains of parts, each named by the key row and its own content, so that one that is found is
/// the same, and all of an account are found by its key row.
/// </summary>
internal sealed class ErasurePlans(IKeyStore keys, SecretBytes sealKey, IRandom random)
{
    private const int KeyRowSize = 32;
    private const int OwnerSize = 16;

    /// <summary>The writes of a plan, the last part first, and the name by which it is read.</summary>
    public (Hash256 Name, ImmutableArray<RowWrite> Writes) Write(RowKey keyRow, ErasurePlan plan)
    {
        var writes = ImmutableArray.CreateBuilder<RowWrite>();
        var parts = plan.Rows.Chunk(ErasurePlanPart.MaxRows).DefaultIfEmpty([]).ToList();
        Hash256? next = null;
        for (var i = parts.Count - 1; i >= 0; i--)
        {
            var part = new ErasurePlanPart(default, default, 0, next, [.. parts[i]]);
            if (i == 0) part = part with { Locator = plan.Locator };
            if (i == 0 && plan.Kept is { } kept) part = part with { Kept = kept.Value, KeptVersion = kept.Version };
            var encoded = part.Encode();
            var name = Hash256.Of(encoded);
            var place = Place(keyRow, name);
            writes.Add(new RowWrite.Ensure(place, RowSeal.Seal(sealKey.Span, place, 1, encoded, random)));
            next = name;
        }

        return (next!.Value, writes.ToImmutable());
    }

    /// <exception cref="RowDamagedException">A part is missing, or does not open.</exception>
    public async ValueTask<ErasurePlan> ReadAsync(RowKey keyRow, Hash256 name, CancellationToken ct)
    {
        var first = await ReadPartAsync(keyRow, name, ct);
        var rows = first.Rows.ToBuilder();
        for (var next = first.Next; next is { } more;)
        {
            var part = await ReadPartAsync(keyRow, more, ct);
            rows.AddRange(part.Rows);
            next = part.Next;
        }

        var plan = new ErasurePlan { Locator = first.Locator, Rows = rows.ToImmutable() };
        return first.Kept.IsEmpty
            ? plan : plan with { Kept = new Row(plan.AccountRow, first.Kept, first.KeptVersion, 0) };
    }

    /// <summary>
    /// All parts of all plans of an account, without their values: those of plans that others took the place of as
    /// well.
    /// </summary>
    public IAsyncEnumerable<Row> ListAsync(RowKey keyRow, CancellationToken ct) =>
        keys.ListOwnerAsync(Table.ErasurePlans, keyRow.Id[..OwnerSize], ct);

    /// <summary>The key row of a part.</summary>
    public static RowKey KeyRowOf(Row part) => new(Table.KeyRows, part.Key.Id[..KeyRowSize]);

    private static RowKey Place(RowKey keyRow, Hash256 name) =>
        new(Table.ErasurePlans, (byte[])[.. keyRow.Id.Span, .. name.ToArray()]);

    private async ValueTask<ErasurePlanPart> ReadPartAsync(RowKey keyRow, Hash256 name, CancellationToken ct)
    {
        if (await keys.ReadAsync(Place(keyRow, name), ct) is not { } stored)
            throw new RowDamagedException(Table.ErasurePlans);
        var opened = RowSeal.TryOpen(sealKey.Span, stored.Key, stored.Version, stored.Value.Span);
        return ErasurePlanPart.Decode(opened ?? throw new RowDamagedException(Table.ErasurePlans));
    }
}
