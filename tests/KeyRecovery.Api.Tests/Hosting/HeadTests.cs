using System.Net;
using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Hosting;

/// <summary>HEAD is GET without the body, where nothing is signed.</summary>
public sealed class HeadTests
{
    [Fact]
    public async Task Head_is_answered_as_get_without_the_body_and_refused_where_a_signature_is_needed()
    {
        await using var host = await TestHost.StartAsync();
        foreach (var path in (string[])[
            "/health/live", "/health/ready", "/v1/config", "/v1/realm", "/audit/key", "/nothing",
        ])
        {
            using var get = await host.Client.GetAsync(path);
            using var head = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
            Assert.Equal(get.StatusCode, head.StatusCode);
            Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
            Assert.NotEmpty(await get.Content.ReadAsByteArrayAsync());
            Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        }

        foreach (var path in (string[])["/v1/vault", "/v1/erasure"])
        {
            using var head = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
            Assert.Equal(HttpStatusCode.MethodNotAllowed, head.StatusCode);
            Assert.Equal("GET", Assert.Single(head.Content.Headers.Allow));
        }

        // A connection goes on after it.
        Assert.Equal(HttpStatusCode.OK, (await host.Client.GetAsync("/health/live")).StatusCode);
    }
}
