using System.Collections.Immutable;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// Which slots a user has at this realm, by the ids of their rows, the oldest first; at most 64. A name comes before
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

    /// <summary>The rows of the slots' accounts, so that an erasure finds them.</summary>
    public ImmutableArray<RowKey> Accounts { get; init; } = [];

    /// <summary>The day of the newest registration, in days since 1970.</summary>
    public ulong Day { get; init; }

    /// <summary>Registrations on that day.</summary>
    public int Registrations { get; init; }

    /// <summary>This row with one more slot; the same where it is named.</summary>
    public RealmSubjectRow Name(RowKey slot, RowKey account) => this with
    {
        Slots = Slots.Contains(slot) ? Slots : Slots.Add(slot),
        Accounts = Accounts.Contains(account) ? Accounts : Accounts.Add(account),
    };

    public byte[] Encode()
    {
        var writer = new CborOut().Array(7).Text(RowLabel).UInt(1)
            .Bytes(ClosedBy is { } keyRow ? keyRow.Id.Span : []).Array(Slots.Length);
        foreach (var slot in Slots) writer.Bytes(slot.Id.Span);
        writer.Array(Accounts.Length);
        foreach (var account in Accounts) writer.Bytes(account.Id.Span);
        return writer.UInt(Day).UInt((ulong)Registrations).ToArray();
    }

    public static RealmSubjectRow Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.OwnStructure(RowLabel, 7);
        var closedBy = reader.Bytes(0, RowIdSize);
        var (slots, accounts) = (ReadKeys(reader, Table.RealmSlots), ReadKeys(reader, Table.RealmAccounts));
        var (day, registrations) = (reader.UInt(), (int)reader.UInt(RealmLimits.RegistrationsPerDay));
        reader.End();
        return new RealmSubjectRow(slots)
        {
            Accounts = accounts,
            Day = day,
            Registrations = registrations,
            ClosedBy = closedBy.Length == 0 ? null : new RowKey(Table.KeyRows, closedBy),
        };
    }

    private static ImmutableArray<RowKey> ReadKeys(CborIn reader, Table table)
    {
        var rows = ImmutableArray.CreateBuilder<RowKey>();
        for (var left = reader.Array(0, RealmLimits.SlotsOfUser); left > 0; left--)
            rows.Add(new RowKey(table, reader.Bytes(RowIdSize)));
        return rows.ToImmutable();
    }
}
