using System.Net;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Documents;
using Microsoft.Azure.Cosmos;

namespace KeyRecovery.Storage.Cosmos.Stores;

/// <summary>
/// Writes rows as they were, each where there is none. One that is there is of an earlier try, and may have been
/// changed since: it stays.
/// </summary>
internal sealed class RowFill(StoreAccount account)
{
    private const int AtOnce = 32;

    /// <returns>How many rows there were.</returns>
    /// <exception cref="StoreUnavailableException">One cannot be written.</exception>
    public async Task<int> RunAsync(IAsyncEnumerable<Row> rows, CancellationToken ct)
    {
        var count = 0;
        var limit = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct };
        await Parallel.ForEachAsync(rows, limit, async (row, stop) =>
        {
            using var answer = await account.AskAsync(token => CreateAsync(row, token), stop).ConfigureAwait(false);
            if (answer.Status is not (HttpStatusCode.Created or HttpStatusCode.Conflict))
                throw account.Unreached(answer.Words, answer.Cause);
            Interlocked.Increment(ref count);
        }).ConfigureAwait(false);
        return count;
    }

    private async Task<ResponseMessage> CreateAsync(Row row, CancellationToken ct)
    {
        var name = DocumentName.Of(row.Key);
        var document = RowDocument.Encode(name, row.Version, row.WrittenHour, row.Value.Span);
        using var body = new MemoryStream(document.ToArray(), writable: false);
        return await account.ContainerOf(row.Key.Table)
            .CreateItemStreamAsync(body, new PartitionKey(name.Partition), null, ct).ConfigureAwait(false);
    }
}
