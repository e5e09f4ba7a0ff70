using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Documents;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Cosmos.Stores;

/// <summary>
/// Reads a container's feed, or that of one partition, page by page. A page costs what its documents cost to read, also
/// those of other tables, and is asked for when the one before it is used up.
/// </summary>
internal sealed class RowScan(StoreAccount account, ILogger logger)
{
    /// <summary>The rows of a table whose ids begin with <paramref name="owner"/>.</summary>
    public async IAsyncEnumerable<Row> RunAsync(
        Table table, ReadOnlyMemory<byte> owner, [EnumeratorCancellation] CancellationToken ct)
    {
        var place = Place.Of(table);
        var partition = place.PartitionOfOwner(owner.Span);
        string? at = null;
        do
        {
            ct.ThrowIfCancellationRequested();
            var (rows, next) = await PageAsync(table, place.Container, partition, at, ct).ConfigureAwait(false);
            foreach (var row in rows)
                if (row.Key.Id.Span.StartsWith(owner.Span)) yield return row;
            at = next;
        }
        while (at is not null);
    }

    private async Task<(List<Row> Rows, string? Next)> PageAsync(
        Table table, string container, string? partition, string? at, CancellationToken ct)
    {
        using var answer = await ContainerFeed.PageAsync(account, container, partition, at, ct).ConfigureAwait(false);
        if (answer is not { Status: HttpStatusCode.OK, Body: { } body })
            throw Faults.Unread(logger, account, table, answer);
        var rows = Faults.Decoded(logger, account, table, () => Decode(table, body.RootElement));
        return (rows, answer.Continuation);
    }

    private static List<Row> Decode(Table table, JsonElement page)
    {
        var documents = ContainerFeed.DocumentsOf(page);
        var rows = new List<Row>();
        foreach (var document in documents)
            if (RowDocument.Decode(table, document) is { } row) rows.Add(row);
        return rows;
    }
}
