using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KeyRecovery.Testing.Stores.Cosmos;

/// <summary>
/// Where <c>@vercel/cosmosdb-server</c> 1.0.1 is not what Azure Cosmos DB is, and nothing else: the one place that puts
/// it right.
/// </summary>
/// <param name="next">The way to the emulator.</param>
public sealed class EmulatorCorrections(HttpMessageHandler next) : DelegatingHandler(next)
{
    private const string PartitionHeader = "x-ms-documentdb-partitionkey";
    private const string CountHeader = "x-ms-max-item-count";
    private const long PageSize = 4 << 20;
    private const string CrossPartition = "x-ms-documentdb-query-enablecrosspartition";

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var parts = request.RequestUri!.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        // A document that is not there is 404. The emulator compares its partition before it looks whether there is
        // one, and fails; it does not compare where the request says that it goes to several.
        if (request.Method == HttpMethod.Get && parts is ["dbs", _, "colls", _, "docs", _])
            request.Headers.TryAddWithoutValidation(CrossPartition, "true");

        // Resources are asked for by their names and by their own ids, which are base64 with - for /. The emulator
        // has /, in every 64th database.
        if (parts.Any(IsOwnId))
            request.RequestUri = new Uri(
                request.RequestUri, "/" + string.Join('/', parts.Select(p => IsOwnId(p) ? WithSlash(p) : p)));

        var response = request.Method == HttpMethod.Get && parts is ["dbs", _, "colls", _, "docs"]
            ? await PageAsync(request, PartitionOf(request), cancellationToken).ConfigureAwait(false)
            : await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        // That the container is gone is 404 as well, with a sub-status (OwnerResourceNotFound) that the emulator lacks.
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.InternalServerError
            && parts is ["dbs", _, "colls", _, "docs", ..]
            && await IsGoneAsync(request.RequestUri, parts, cancellationToken).ConfigureAwait(false))
        {
            response.StatusCode = HttpStatusCode.NotFound;
            response.Headers.TryAddWithoutValidation("x-ms-substatus", "1003");
        }

        if (request.Method != HttpMethod.Get || response.StatusCode != HttpStatusCode.OK) return response;
        // It has one replica: what it does is Strong, and what it says is Session.
        if (parts is [])
            await ChangeAsync(
                response, body => body["userConsistencyPolicy"]!["defaultConsistencyLevel"] = "Strong",
                cancellationToken).ConfigureAwait(false);
        return response;
    }

    private static int CountOf(HttpRequestMessage request) =>
        request.Headers.TryGetValues(CountHeader, out var values)
        && int.TryParse(values.Single(), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 256;

    // A page ends at 4 MiB. The emulator's has as many documents as there may be, however large they are. A feed of one
    // partition has that partition alone: the emulator's has all, and only its queries look at what they are asked for.
    private async Task<HttpResponseMessage> PageAsync(
        HttpRequestMessage request, string? partition, CancellationToken ct)
    {
        for (var most = CountOf(request); ; most /= 8)
        {
            using var asked = partition is null
                ? new HttpRequestMessage(request.Method, request.RequestUri)
                : Query(request.RequestUri!, "SELECT * FROM c WHERE c.pk = @pk", ("@pk", partition));
            asked.Version = request.Version;
            foreach (var (name, values) in request.Headers)
                if (name != CountHeader) asked.Headers.TryAddWithoutValidation(name, values);
            asked.Headers.TryAddWithoutValidation(CountHeader, $"{most}");
            var response = await base.SendAsync(asked, ct).ConfigureAwait(false);
            response.RequestMessage = request;
            if (most <= 4 || (await response.Content.ReadAsByteArrayAsync(ct).ConfigureAwait(false)).Length <= PageSize)
                return response;
            response.Dispose();
        }
    }

    /// <summary>A query of a container's documents, of all partitions, as the emulator takes it.</summary>
    internal static HttpRequestMessage Query(Uri documents, string text, params (string Name, string Value)[] with)
    {
        var body = JsonSerializer.Serialize(new
        {
            query = text, parameters = with.Select(parameter => new { name = parameter.Name, value = parameter.Value }),
        });
        var query = new HttpRequestMessage(HttpMethod.Post, documents) { Content = new StringContent(body) };
        query.Headers.TryAddWithoutValidation("x-ms-documentdb-isquery", "True");
        query.Headers.TryAddWithoutValidation(CrossPartition, "true");
        return query;
    }

    private static string? PartitionOf(HttpRequestMessage request) =>
        request.Headers.TryGetValues(PartitionHeader, out var values)
        && JsonNode.Parse(values.Single()) is JsonArray { Count: 1 } partition
            ? partition[0]!.GetValue<string>() : null;

    private static bool IsOwnId(string part) =>
        Uri.UnescapeDataString(part) is { } id && id.EndsWith('=') && id.Contains('-');

    private static string WithSlash(string part) =>
        Uri.EscapeDataString(Uri.UnescapeDataString(part).Replace('-', '/'));

    private async Task<bool> IsGoneAsync(Uri document, string[] parts, CancellationToken ct)
    {
        using var asked = new HttpRequestMessage(
            HttpMethod.Get, new Uri(document, "/" + string.Join('/', parts.Take(4))));
        using var container = await base.SendAsync(asked, ct).ConfigureAwait(false);
        return container.StatusCode == HttpStatusCode.NotFound;
    }

    private static async Task ChangeAsync(HttpResponseMessage response, Action<JsonNode> change, CancellationToken ct)
    {
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(ct).ConfigureAwait(false))!;
        change(body);
        response.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
    }
}
