using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Log;

/// <summary>The row of the log's head. Replacing it is the only way to append.</summary>
internal sealed class LogHeads(IKeyStore keys)
{
    /// <summary>The head and its row; null where no log was begun.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<(LogHead Head, Row Stored)?> ReadAsync(CancellationToken ct) =>
        await keys.ReadAsync(LogHead.Place, ct) is { } row ? (LogHead.Decode(row.Value), row) : null;

    /// <summary>The head's row, if it still is that head.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<Row?> FindAsync(LogHead head, CancellationToken ct) =>
        await keys.ReadAsync(LogHead.Place, ct) is { } row && row.Value.Span.SequenceEqual(head.Encode()) ? row : null;

    /// <summary>Begins a log, unless another instance was faster: what counts is what is there.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot do it.</exception>
    public async ValueTask<(LogHead Head, Row Stored)> BeginAsync(LogHead empty, CancellationToken ct)
    {
        if (await keys.WriteAsync([new RowWrite.Create(LogHead.Place, empty.Encode())], ct)
            is WriteResult.Unavailable(_, var reason))
            throw new StoreUnavailableException(reason, "the log cannot be begun");
        return await ReadAsync(ct) ?? throw new StoreUnavailableException(StoreFault.Failed, "the log's head is gone");
    }

    /// <summary>
    /// Puts another head in the place of one as it was read; false where another instance has done so. A refusal may be
    /// one's own writing, whose answer was lost.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot do it, or it may be done.</exception>
    public async ValueTask<bool> ReplaceAsync(LogHead next, Row stored, CancellationToken ct) =>
        await keys.WriteAsync([new RowWrite.Replace(stored, next.Encode())], ct) switch
        {
            WriteResult.Written => true,
            WriteResult.Unavailable(_, var reason) =>
                throw new StoreUnavailableException(reason, "the log's head cannot be written"),
            _ => await FindAsync(next, ct) is not null,
        };
}
