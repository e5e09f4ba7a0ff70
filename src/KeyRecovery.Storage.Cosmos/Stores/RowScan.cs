using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Documents;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Cosmos.Stores;

/// <summary>
/// Reads a container's feed, or that of one partition, page by page: no query, and no index. A page costs what its
/// documents cost to read, also those of other tables, and is asked for when the one before it is used up.
/// </summary>
internal sealed class RowScan(StoreAccount account, ILogger logger)
{
    // The service ends a page at 4 MiB as well.
    private const int PageDocuments = 256;

    /// <summary>The rows of a table whose ids begin with <paramref name="owner"/>.</summary>
    public async IAsyncEnumerable<Row> RunAsync(
        Table table, ReadOnlyMemory<byte> owner, [EnumeratorCancellation] CancellationToken ct)
    {
        var options = new QueryRequestOptions { MaxItemCount = PageDocuments };
        if (Place.Of(table).PartitionOfOwner(owner.Span) is { } partition)
            options.PartitionKey = new PartitionKey(partition);
        string? at = null;
        do
        {
            ct.ThrowIfCancellationRequested();
            var (rows, next) = await PageAsync(table, at, options, ct).ConfigureAwait(false);
            foreach (var row in rows)
                if (row.Key.Id.Span.StartsWith(owner.Span)) yield return row;
            at = next;
        }
        while (at is not null);
    }

    private async Task<(List<Row> Rows, string? Next)> PageAsync(
        Table table, string? at, QueryRequestOptions options, CancellationToken ct)
    {
        using var answer = await account.AskAsync(AskAsync, ct).ConfigureAwait(false);
        if (answer is not { Status: HttpStatusCode.OK, Body: { } body })
            throw Faults.Unread(logger, account, table, answer);
        var rows = Faults.Decoded(logger, account, table, () => Decode(table, body.RootElement));
        return (rows, answer.Continuation);

        // Anew for each attempt: one that failed may have moved on.
        async Task<ResponseMessage> AskAsync(CancellationToken attempt)
        {
            using var feed = account.ContainerOf(table).GetItemQueryStreamIterator(
                queryText: null, continuationToken: at, requestOptions: options);
            return await feed.ReadNextAsync(attempt).ConfigureAwait(false);
        }
    }

    private static List<Row> Decode(Table table, JsonElement page)
    {
        if (page.ValueKind != JsonValueKind.Object || !page.TryGetProperty("Documents", out var documents)
            || documents.ValueKind != JsonValueKind.Array)
            throw new JsonException("a page has no documents");
        var rows = new List<Row>(documents.GetArrayLength());
        foreach (var document in documents.EnumerateArray())
            if (RowDocument.Decode(table, document) is { } row) rows.Add(row);
        return rows;
    }
}
