using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Connections;

namespace KeyRecovery.Storage.Sqlite.Commits;

/// <summary>Does the steps of a write in the open transaction, up to the first whose precondition fails.</summary>
internal static class RowSteps
{
    /// <summary>Does them; what was done before a refusal stays.</summary>
    public static WriteResult Do(IReadOnlyList<RowWrite> writes, Connection connection, long hour)
    {
        for (var i = 0; i < writes.Count; i++)
        {
            // Only unlike what it was before, so no secret source: 8 bytes do not repeat themselves.
            if (!Do(writes[i], connection, Random.Shared.NextInt64(), hour)) return new WriteResult.Refused(i);
        }

        return new WriteResult.Written();
    }

    private static bool Do(RowWrite write, Connection connection, long token, long hour)
    {
        var table = write.Key.Table;
        Statement At(RowSql kind) => connection.Prepared(kind, table).Bind(1, write.Key.Id.Span);
        Statement Put(RowSql kind, ReadOnlyMemory<byte> value) =>
            At(kind).Bind(2, token).Bind(3, hour).Bind(4, value.Span);
        return write switch
        {
            RowWrite.Create create => Put(RowSql.Create, create.Value).RunCounted() == 1,
            RowWrite.Ensure ensure => Put(RowSql.Ensure, ensure.Value).RunCounted() == 1,
            RowWrite.Replace replace =>
                Put(RowSql.Replace, replace.Value).Bind(5, replace.Was.Token.Number).RunCounted() == 1,
            RowWrite.Delete delete => At(RowSql.Delete).Bind(2, delete.Was.Token.Number).RunCounted() == 1,
            RowWrite.Remove => At(RowSql.Remove).RunCounted() >= 0,
            _ => throw new ArgumentOutOfRangeException(nameof(write)),
        };
    }
}
