using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Log;

/// <summary>
/// What the log and the account's activity are to say of a change, before it is decided: the leaf for everybody, and
/// its detail for the account's devices, which lies under the subject key and goes with it.
/// </summary>
/// <param name="Id">The change's id.</param>
/// <param name="Outbox">The step that writes its outbox row; it comes before that of the row that decides.</param>
/// <param name="Entry">The entry of the account's activity, encoded; empty where there is none.</param>
internal sealed record LoggedChange(ChangeId Id, RowWrite Outbox, ReadOnlyMemory<byte> Entry)
{
    /// <summary>The leaf.</summary>
    public required AuditLeaf Leaf { get; init; }

    /// <summary>Of what concerns an account and its devices are told.</summary>
    /// <param name="detail">What they are told.</param>
    /// <param name="rows">The account's rows.</param>
    /// <param name="decider">The row that decides it.</param>
    /// <param name="stored">That row as it was read; null where there is none.</param>
    /// <param name="random">Draws the change's id.</param>
    /// <param name="feed">Which feed tells of it, and what its links do; null where none does.</param>
    public static LoggedChange Of(
        AuditDetail detail, AccountRows rows, RowKey decider, Row? stored, IRandom random, FeedOf? feed)
    {
        var version = NextVersion(stored);
        var leaf = AuditLeaf.Of(detail, rows.LeafSalt(decider.Table, version));
        var change = Of(leaf, decider, stored, random, feed?.Stub(detail, rows) ?? []);
        return change with { Entry = new ActivityEntry(decider.Table, version, detail.Encode()).Encode() };
    }

    /// <summary>Of what is told to nobody but by the log, and perhaps to the app.</summary>
    public static LoggedChange Of(
        AuditLeaf leaf, RowKey decider, Row? stored, IRandom random, ReadOnlyMemory<byte> events)
    {
        var id = ChangeId.Draw(leaf.Time, random);
        var outbox = new OutboxRow(ChangeId.Of(stored), decider, NextVersion(stored), leaf.Encode(), events);
        return new LoggedChange(id, outbox.Write(id), default) { Leaf = leaf };
    }

    private static long NextVersion(Row? stored) => (stored?.Version ?? 0) + 1;
}
