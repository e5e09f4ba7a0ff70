using System.Text.Json;
using KeyRecovery.Storage.Cosmos.Connections;
using Microsoft.Azure.Cosmos;

namespace KeyRecovery.Storage.Cosmos.Stores;

/// <summary>The feed of a container, or of one partition, a page at a time: no query, and no index.</summary>
internal static class ContainerFeed
{
    // The service ends a page at 4 MiB as well.
    public const int PageDocuments = 256;

    /// <summary>Asks for a page.</summary>
    /// <param name="account">The account.</param>
    /// <param name="container">The container's name.</param>
    /// <param name="partition">The partition; null for all.</param>
    /// <param name="at">Where the page begins; null for the first.</param>
    /// <param name="ct">Ends the wait for it.</param>
    /// <param name="most">The most documents.</param>
    public static Task<Answer> PageAsync(
        StoreAccount account, string container, string? partition, string? at, CancellationToken ct,
        int most = PageDocuments)
    {
        var options = new QueryRequestOptions { MaxItemCount = most };
        if (partition is not null) options.PartitionKey = new PartitionKey(partition);
        return account.AskAsync(AskAsync, ct);

        // Anew for each attempt: one that failed may have moved on.
        async Task<ResponseMessage> AskAsync(CancellationToken attempt)
        {
            using var feed = account.Container(container).GetItemQueryStreamIterator(
                queryText: null, continuationToken: at, requestOptions: options);
            return await feed.ReadNextAsync(attempt).ConfigureAwait(false);
        }
    }

    /// <summary>The documents of a page.</summary>
    /// <exception cref="JsonException">It has none: what comes over the network may be anything.</exception>
    public static JsonElement.ArrayEnumerator DocumentsOf(JsonElement page) =>
        page.ValueKind == JsonValueKind.Object && page.TryGetProperty("Documents", out var documents)
        && documents.ValueKind == JsonValueKind.Array
            ? documents.EnumerateArray() : throw new JsonException("a page has no documents");
}
