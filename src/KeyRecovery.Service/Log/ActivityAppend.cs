using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Log;

/// <summary>Entries that come to an account's activity, with the chunk that older ones move to.</summary>
/// <param name="Activity">The activity after it, for the account row.</param>
/// <param name="Writes">What comes before that row.</param>
/// <param name="Superseded">What comes behind it.</param>
internal sealed record ActivityAppend(
    ActivityList Activity, IReadOnlyList<RowWrite> Writes, IReadOnlyList<RowWrite> Superseded)
{
    /// <returns>Null where a chunk has been replaced since the account row was read.</returns>
    public static async ValueTask<ActivityAppend?> OfAsync(
        IDataStore data, AccountRows rows, ActivityList before, IEnumerable<ReadOnlyMemory<byte>> entries,
        CancellationToken ct)
    {
        var activity = entries.Aggregate(before, (list, entry) => list.Add(entry));
        if (activity.Overflow is not (var moved and > 0)) return new ActivityAppend(activity, [], []);
        var append = await ListAppend.OfAsync(
            data, rows, Table.Activity, activity.Chunk, [.. activity.Numbered().Take(moved)], ChunkSize.Activity, ct);
        return append is null ? null : new ActivityAppend(
            activity.MovedTo(append.Name, moved), append.Writes,
            append.Superseded is { } old ? [new RowWrite.Remove(old)] : []);
    }
}
