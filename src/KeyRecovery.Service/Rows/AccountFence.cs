using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rows;

/// <summary>
/// What stands in an erased account's place in the data store for a day: the two stores share no transaction, so a
/// request that passed the gate before the tombstone may write after it. All that it writes hangs on the account row,
/// and finds this. It keeps the id of the newest logged change, by which the sequencer tells what was committed.
/// </summary>
internal static class AccountFence
{
    private static readonly byte[] Value = "erased"u8.ToArray();

    /// <summary>No sealed row is as short.</summary>
    public static bool Is(Row row) => row.Key.Table == Table.Accounts
        && row.Value.Length == ChangeId.Size + Value.Length && row.Value.Span[ChangeId.Size..].SequenceEqual(Value);

    public static RowWrite Write(RowKey accountRow, Row? was)
    {
        byte[] fence = [.. ChangeId.Of(was).ToArray(), .. Value];
        return was is null ? new RowWrite.Create(accountRow, fence) : new RowWrite.Replace(was, fence);
    }
}
