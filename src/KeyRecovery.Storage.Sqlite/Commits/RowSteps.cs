using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Connections;

namespace KeyRecovery.Storage.Sqlite.Commits;

/// <summary>Does the steps of writes in the open transaction, each up to the first whose precondition fails.</summary>
internal sealed class RowSteps(Connection connection, long hour)
{
    /// <summary>Whether a page was written that holds keys: the journal has it as it was before.</summary>
    public bool TouchedKeys { get; private set; }

    /// <summary>Does them; what was done before a refusal stays.</summary>
    public WriteResult Do(IReadOnlyList<RowWrite> writes)
    {
        for (var i = 0; i < writes.Count; i++)
        {
            // Only unlike what it was before, so no secret source: 8 bytes do not repeat themselves.
            if (!Do(writes[i], Random.Shared.NextInt64())) return new WriteResult.Refused(i);
        }

        return new WriteResult.Written();
    }

    private bool Do(RowWrite write, long token)
    {
        switch (write)
        {
            case RowWrite.Create create: return Put(RowSql.Create, write.Key, create.Value.Span, token);
            case RowWrite.Import(var row): return Import(row, token);
            case RowWrite.Ensure ensure: return Put(RowSql.Ensure, write.Key, ensure.Value.Span, token);
            case RowWrite.Replace(var was, var value): return Replace(was, value.Span, token);
            case RowWrite.Delete(var was):
                ClearKey(write.Key, was.Token.Number);
                return At(RowSql.Delete, write.Key).Bind(2, was.Token.Number).RunCounted() == 1;
            case RowWrite.Remove:
                ClearKey(write.Key, RowSqlText.AnyToken);
                At(RowSql.Remove, write.Key).Run();
                return true;
            default: throw new ArgumentOutOfRangeException(nameof(write));
        }
    }

    private Statement At(RowSql kind, RowKey key) => connection.Prepared(kind, key.Table).Bind(1, key.Id.Span);

    private bool Put(RowSql kind, RowKey key, ReadOnlySpan<byte> value, long token)
    {
        if (At(kind, key).Bind(2, token).Bind(3, hour).Bind(4, KeyCell.RestOf(key.Table, value)).RunCounted() != 1)
            return false;
        PutKey(key, value);
        return true;
    }

    private bool Import(Row row, long token)
    {
        var value = row.Value.Span;
        if (At(RowSql.Import, row.Key).Bind(2, row.Version).Bind(3, token).Bind(4, row.WrittenHour)
            .Bind(5, KeyCell.RestOf(row.Key.Table, value)).RunCounted() != 1) return false;
        PutKey(row.Key, value);
        return true;
    }

    private bool Replace(Row was, ReadOnlySpan<byte> value, long token)
    {
        var table = was.Key.Table;
        if (At(RowSql.Replace, was.Key).Bind(2, token).Bind(3, hour).Bind(4, KeyCell.RestOf(table, value))
            .Bind(5, was.Token.Number).RunCounted() != 1) return false;
        // The row is as it was read, and so is its key: where that stays, the journal has no page of keys.
        var key = KeyCell.KeyOf(table, value);
        if (key.IsEmpty || !key.SequenceEqual(KeyCell.KeyOf(table, was.Value.Span))) PutKey(was.Key, value);
        return true;
    }

    private void PutKey(RowKey key, ReadOnlySpan<byte> value)
    {
        if (key.Table.LeadingKeySize == 0) return;
        Span<byte> cell = stackalloc byte[KeyCell.SizeOf(key.Table)];
        KeyCell.Write(key.Table, value, cell);
        At(RowSql.PutKey, key).Bind(2, cell).Run();
        TouchedKeys = true;
    }

    // Before the row goes: its number leads to the cell.
    private void ClearKey(RowKey key, long token)
    {
        if (key.Table.LeadingKeySize == 0) return;
        At(RowSql.ClearKey, key).Bind(2, token).Run();
        TouchedKeys = true;
    }
}
