using System.Collections.Immutable;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Realms;

/// <summary>Which slots a user has at this realm, by the ids of their rows, the oldest first. At most 16.</summary>
internal sealed record RealmSubjectRow(ImmutableArray<RowKey> Slots)
{
    private const string RowLabel = "realm-subject";
    private const int RowIdSize = 32;

    /// <summary>A user without slots.</summary>
    public static RealmSubjectRow Empty { get; } = new([]);

    public byte[] Encode()
    {
        var writer = new CborOut().Array(3).Text(RowLabel).UInt(1).Array(Slots.Length);
        foreach (var slot in Slots) writer.Bytes(slot.Id.Span);
        return writer.ToArray();
    }

    public static RealmSubjectRow Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.Array(3);
        reader.Label(RowLabel);
        reader.UInt(1);
        var slots = ImmutableArray.CreateBuilder<RowKey>();
        for (var left = reader.Array(0, RealmLimits.SlotsOfSubject); left > 0; left--) slots.Add(new RowKey(Table.RealmSlots, reader.Bytes(RowIdSize)));
        reader.End();
        return new RealmSubjectRow(slots.ToImmutable());
    }
}
