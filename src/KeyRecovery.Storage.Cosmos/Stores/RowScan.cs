using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
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
    // What a place begins with that this kind of store has told.
    private const byte PlaceMark = 2;

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

    /// <summary>
    /// At most <paramref name="most"/> of them, from a place that the service has told; null where it does not know it.
    /// </summary>
    public async Task<RowPage?> PageAsync(
        Table table, ReadOnlyMemory<byte> owner, ReadOnlyMemory<byte> at, int most, CancellationToken ct)
    {
        if (!at.IsEmpty && at.Span[0] != PlaceMark) return null;
        var place = Place.Of(table);
        using var answer = await ContainerFeed.PageAsync(
            account, place.Container, place.PartitionOfOwner(owner.Span),
            at.IsEmpty ? null : Encoding.UTF8.GetString(at.Span[1..]), ct, Math.Min(most, ContainerFeed.PageDocuments))
            .ConfigureAwait(false);
        // Of another account, or of documents that were brought back since: the service does not read it.
        if (answer.Status == HttpStatusCode.BadRequest && !at.IsEmpty) return null;
        var rows = RowsOf(table, answer).FindAll(row => row.Key.Id.Span.StartsWith(owner.Span));
        return new RowPage(
            [.. rows],
            answer.Continuation is { } next ? (byte[])[PlaceMark, .. Encoding.UTF8.GetBytes(next)] : default);
    }

    private async Task<(List<Row> Rows, string? Next)> PageAsync(
        Table table, string container, string? partition, string? at, CancellationToken ct)
    {
        using var answer = await ContainerFeed.PageAsync(account, container, partition, at, ct).ConfigureAwait(false);
        return (RowsOf(table, answer), answer.Continuation);
    }

    private List<Row> RowsOf(Table table, Answer answer) => answer is { Status: HttpStatusCode.OK, Body: { } body }
        ? Faults.Decoded(logger, account, table, () => Decode(table, body.RootElement))
        : throw Faults.Unread(logger, account, table, answer);

    private static List<Row> Decode(Table table, JsonElement page)
    {
        var documents = ContainerFeed.DocumentsOf(page);
        var rows = new List<Row>();
        foreach (var document in documents)
            if (RowDocument.Decode(table, document) is { } row) rows.Add(row);
        return rows;
    }
}
