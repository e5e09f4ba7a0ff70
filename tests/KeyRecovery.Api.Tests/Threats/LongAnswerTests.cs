using System.Net;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>
/// What is read of an account is written in pieces and counted while it is held (docs/protocol.md §9.1), whatever it
/// is: so it is of a length that is told. A new route is among them without a word here.
/// </summary>
public sealed class LongAnswerTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    [Fact]
    public async Task All_that_is_read_of_an_account_is_of_a_length_that_is_told()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        var reads = fixture.Host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.Metadata.GetMetadata<Signed>() is not null
                && route.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods is ["GET"])
            .Select(route => $"/{route.RoutePattern.RawText!.Trim('/')}").ToList();
        Assert.True(reads.Count >= 9, string.Join(' ', reads));
        var found = 0;
        foreach (var pattern in reads)
        {
            var target = pattern.Replace("{id}", new string('A', 22), StringComparison.Ordinal)
                .Replace("{hash}", new string('A', 43), StringComparison.Ordinal)
                .Replace("{manifestHash}", new string('A', 43), StringComparison.Ordinal);
            using var answer = await account.SendAsync(account.Phone, HttpMethod.Get, target);
            if (answer.StatusCode == HttpStatusCode.OK) found++;
            // An export alone is written as it is read, in pieces of its own: it is the control.
            Assert.Equal((pattern, pattern == "/v1/export"),
                (pattern, answer.Headers.TransferEncodingChunked == true));
        }

        Assert.True(found >= 6, $"{found}");
    }
}
