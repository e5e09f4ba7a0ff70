using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Connections;

namespace KeyRecovery.Storage.Sqlite.Commits;

/// <summary>
/// Checks every precondition of a write before its first change, so that a refused one has touched nothing and a
/// commit of many needs no savepoints. Reused by the writer from one write to the next.
/// </summary>
internal sealed class WritePlan
{
    private const long Absent = 0;

    private readonly Dictionary<RowKey, long> _versions = [];
    private readonly List<(RowKey Key, ReadOnlyMemory<byte> Value, long Before, long After)> _changes = [];

    /// <summary>Applies <paramref name="writes"/> in the open transaction, or changes nothing and says why.</summary>
    public WriteResult Apply(IReadOnlyList<RowWrite> writes, Connection connection, long hour)
    {
        _versions.Clear();
        _changes.Clear();
        for (var i = 0; i < writes.Count; i++)
        {
            if (!Check(writes[i], connection)) return new WriteResult.Refused(i);
        }

        foreach (var (key, value, before, after) in _changes) Change(connection, key, value.Span, before, after, hour);
        return new WriteResult.Written();
    }

    private bool Check(RowWrite write, Connection connection)
    {
        // What earlier steps of this write will have made of the row.
        if (!_versions.TryGetValue(write.Key, out var version)) version = VersionOf(connection, write.Key);
        switch (write)
        {
            case RowWrite.Create create when version == Absent:
                return Plan(create.Key, create.Value, version, 1);
            case RowWrite.Ensure ensure:
                return version != Absent || Plan(ensure.Key, ensure.Value, version, 1);
            case RowWrite.Replace replace when version != Absent && version == replace.ExpectedVersion:
                return Plan(replace.Key, replace.Value, version, version + 1);
            case RowWrite.Delete delete when version != Absent && version == delete.ExpectedVersion:
                return Plan(delete.Key, default, version, Absent);
            case RowWrite.Remove remove:
                return version == Absent || Plan(remove.Key, default, version, Absent);
            case RowWrite.Require require:
                return version == require.ExpectedVersion;
            default:
                return false;
        }
    }

    private bool Plan(RowKey key, ReadOnlyMemory<byte> value, long before, long after)
    {
        _versions[key] = after;
        _changes.Add((key, value, before, after));
        return true;
    }

    private static long VersionOf(Connection connection, RowKey key)
    {
        var statement = connection.Prepared(RowSql.Version, key.Table).Bind(1, key.Id.Span);
        var version = statement.Step() ? statement.Integer(0) : Absent;
        statement.Reset();
        return version;
    }

    private static void Change(Connection connection, RowKey key, ReadOnlySpan<byte> value, long before, long after, long hour)
    {
        if (after == Absent)
        {
            connection.Prepared(RowSql.Delete, key.Table).Bind(1, key.Id.Span).Run();
            return;
        }

        connection.Prepared(before == Absent ? RowSql.Insert : RowSql.Update, key.Table)
            .Bind(1, key.Id.Span).Bind(2, after).Bind(3, hour).Bind(4, value).Run();
    }
}
