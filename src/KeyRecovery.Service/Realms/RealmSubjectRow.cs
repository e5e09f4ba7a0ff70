using System.Collections.Immutable;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// Which slots a user has at this realm, by the ids of their rows, the oldest first; at most 16. A name comes before
/// its slot's row and never goes before it: no slot is live that is not named here.
/// </summary>
internal sealed record RealmSubjectRow(ImmutableArray<RowKey> Slots)
{
    private const string RowLabel = "realm-subject";
    private const int RowIdSize = 32;

    /// <summary>A user without slots.</summary>
    public static RealmSubjectRow Empty { get; } = new([]);

    /// <summary>
    /// The key row whose erasure has closed it, until its receipt: nothing may be registered meanwhile.
    /// </summary>
    public RowKey? ClosedBy { get; init; }

    public byte[] Encode()
    {
        var writer = new CborOut().Array(4).Text(RowLabel).UInt(1)
            .Bytes(ClosedBy is { } keyRow ? keyRow.Id.Span : []).Array(Slots.Length);
        foreach (var slot in Slots) writer.Bytes(slot.Id.Span);
        return writer.ToArray();
    }

    public static RealmSubjectRow Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.OwnStructure(RowLabel, 4);
        var closedBy = reader.Bytes(0, RowIdSize);
        var slots = ImmutableArray.CreateBuilder<RowKey>();
        for (var left = reader.Array(0, RealmLimits.SlotsOfSubject); left > 0; left--)
            slots.Add(new RowKey(Table.RealmSlots, reader.Bytes(RowIdSize)));
        reader.End();
        return new RealmSubjectRow(slots.ToImmutable())
        {
            ClosedBy = closedBy.Length == 0 ? null : new RowKey(Table.KeyRows, closedBy),
        };
    }
}
