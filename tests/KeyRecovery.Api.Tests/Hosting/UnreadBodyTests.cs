using System.Net.Http.Headers;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Tests.Support;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Hosting;

/// <summary>
/// A body that is longer than its route reads ends the connection, and the answer says so: nobody sends the next
/// request into its end, which no client repeats where it is a POST.
/// </summary>
public sealed class UnreadBodyTests
{
    // Longer ones would be sent for long, and are no different.
    private const long Longest = 16 * 1024;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whoever_sends_more_than_a_route_reads_is_told_that_the_connection_ends(bool isChunked)
    {
        await using var host = await TestHost.StartAsync();
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 })
        {
            BaseAddress = host.Address,
        };
        var asked = 0;
        foreach (var route in host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            var limit = route.Metadata.GetMetadata<BodyLimit>()?.Bytes ?? BodyLimit.Default;
            var method = route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods[0];
            // Of a body whose end nobody knows it is certain only where none is read.
            if (method is null or "GET" || limit > (isChunked ? 0 : Longest)) continue;
            asked++;
            // With another type routing answers, which has a limit of its own.
            var type = route.Metadata.GetMetadata<IAcceptsMetadata>()?.ContentTypes[0] ?? "application/json";
            var path = route.RoutePattern.RawText!.Replace("{", "", StringComparison.Ordinal)
                .Replace("}", "", StringComparison.Ordinal);
            using var answer = await http.SendAsync(Request(method, path, type, limit + 1));
            Assert.True(answer.Headers.ConnectionClose == true, $"{method} {path}: {answer.StatusCode}");
            // The control: what a route may read leaves the connection as it is.
            if (limit == 0) continue;
            using var within = await http.SendAsync(Request(method, path, type, limit));
            Assert.False(within.Headers.ConnectionClose ?? false, $"{method} {path}: {within.StatusCode}");
        }

        Assert.True(asked > 3, $"{asked} routes");

        HttpRequestMessage Request(string method, string path, string type, long bytes) => new(
            new HttpMethod(method), path)
        {
            Content = new ByteArrayContent(new byte[bytes])
            {
                Headers = { ContentType = new MediaTypeHeaderValue(type) },
            },
            Headers = { TransferEncodingChunked = isChunked },
        };
    }
}
