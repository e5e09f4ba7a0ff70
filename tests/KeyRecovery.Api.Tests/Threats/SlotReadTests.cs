using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Audit.Log;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>
/// Whoever found the paper with a recovery code reads nothing unseen: the first that a slot asks of an account stands
/// in its activity and in the log, whatever route it asks. A new route is among them without a word here.
/// </summary>
public sealed class SlotReadTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    private readonly TestHost _host = fixture.Host;

    [Fact]
    public async Task What_a_code_reads_is_told_to_the_devices_by_whatever_route()
    {
        var reads = _host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(route => (Pattern: $"/{route.RoutePattern.RawText!.Trim('/')}",
                Method: route.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0],
                Mark: route.Metadata.GetMetadata<Signed>()))
            .Where(route => route.Mark is { IsForDevices: false }
                && (route.Method == "GET" || route.Mark.MayBeBehind)).ToList();
        Assert.True(reads.Count >= 10, string.Join(' ', reads));
        foreach (var (pattern, method, _) in reads)
        {
            var account = await TestAccount.CreateAsync(_host);
            var target = pattern.Replace("{id}", new string('A', 22), StringComparison.Ordinal)
                .Replace("{hash}", new string('A', 43), StringComparison.Ordinal)
                .Replace("{manifestHash}", new string('A', 43), StringComparison.Ordinal);
            Assert.DoesNotContain('{', target);
            // The control: a device reads as it likes.
            using (await account.SendAsync(account.Phone, new HttpMethod(method), target))
                Assert.Equal((pattern, 0), (pattern, await TriesAsync(account)));
            // Told once, however it is answered and however often it is asked.
            for (var i = 0; i < 2; i++)
            {
                using var answer = await account.SendAsync(account.Code, new HttpMethod(method), target);
                Assert.True((int)answer.StatusCode < 500);
                Assert.Equal((pattern, 1), (pattern, await TriesAsync(account)));
            }
        }
    }

    [Fact]
    public async Task So_is_a_code_that_is_only_tried_by_a_vault_that_it_says_to_know()
    {
        var account = await TestAccount.CreateAsync(_host);
        using var answer = await account.SendAsync(
            account.Code, HttpMethod.Get, "/v1/vault",
            adjust: request => request.Headers.TryAddWithoutValidation("If-None-Match", "*"));
        Assert.Equal((HttpStatusCode.NotModified, 1), (answer.StatusCode, await TriesAsync(account)));
    }

    private static async Task<int> TriesAsync(TestAccount account)
    {
        using var told = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/activity?limit=128");
        return (await told.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("entries").EnumerateArray()
            .Select(entry => AuditDetail.Decode(Base64Url.DecodeFromChars(entry.GetProperty("detail").GetString())))
            .Count(detail => detail.Event == AuditEvent.RecoveryTried && detail.Actor == account.Code.Id);
    }
}
