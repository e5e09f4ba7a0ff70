using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using KeyRecovery.Api.Tests.Contract;
using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>
/// Everything that may stand in a query, by the OpenAPI document, told by somebody who may ask and says it oddly: the
/// server is at fault for none of it. A new route is among them without a word here.
/// </summary>
public sealed class QueryTests
{
    // The largest integer of the formats and what is beside it; no wait that anybody would be kept for.
    private static readonly string[] Odd =
    [
        "", "-1", "%201", "1e1", "4096", "9007199254740991", "9007199254740992", "18446744073709551616", "%FF",
        new string('9', 3_000),
    ];

    [Fact]
    public async Task Whatever_stands_in_a_query_is_no_fault_of_the_server_and_a_name_stands_there_once()
    {
        await using var host = await TestHost.StartAsync(new Dictionary<string, string>(VaultFixture.Settings)
        {
            ["RateLimits:Account:PerSecond"] = "10000", ["RateLimits:Account:Burst"] = "10000",
        });
        var account = await TestAccount.CreateAsync(host);
        var officer = await Officer.TokenAsync(host, "demo", Officer.AllScopes);
        var asked = 0;
        foreach (var (method, target, name, marks) in Parameters())
        {
            foreach (var value in Odd)
            {
                using var answer = await AskAsync($"{target}?{name}={value}");
                Assert.True((int)answer.StatusCode < 500, $"{method} {target}?{name}={value}: {answer.StatusCode}");
                asked++;
            }

            using var twice = await AskAsync($"{target}?{name}=1&{name}=1");
            await ProblemAssert.IsAsync(twice, HttpStatusCode.BadRequest, "malformed", name);

            async Task<HttpResponseMessage> AskAsync(string asked)
            {
                if (marks.Contains("signature")) return await account.SendAsync(account.Phone, new(method), asked);
                using var request = new HttpRequestMessage(new HttpMethod(method), asked);
                if (marks.Contains("appToken")) request.Headers.Authorization = new("Bearer", officer);
                if (marks.Contains("linkBearer"))
                    request.Headers.Authorization = new AuthenticationHeaderValue("Link", new string('A', 43));
                return await host.Client.SendAsync(request);
            }
        }

        // The control: there were some.
        Assert.True(asked > 15 * Odd.Length, $"{asked}");
    }

    private static IEnumerable<(string Method, string Target, string Name, string Marks)> Parameters()
    {
        using var document = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(PublicSurfaceTests.RepositoryRoot(), "docs", "openapi.json")));
        foreach (var path in document.RootElement.GetProperty("paths").EnumerateObject())
            foreach (var operation in path.Value.EnumerateObject())
            {
                if (!operation.Value.TryGetProperty("parameters", out var parameters)) continue;
                var marks = operation.Value.TryGetProperty("security", out var security) ? security.GetRawText() : "";
                foreach (var parameter in parameters.EnumerateArray())
                    if (parameter.GetProperty("in").GetString() == "query")
                        yield return (operation.Name.ToUpperInvariant(), Filled(path.Name),
                            parameter.GetProperty("name").GetString()!, marks);
            }
    }

    private static string Filled(string path) => path
        .Replace("{id}", new string('A', 22), StringComparison.Ordinal)
        .Replace("{job}", new string('A', 22), StringComparison.Ordinal)
        .Replace("{side}", "e", StringComparison.Ordinal).Replace("{seq}", "0", StringComparison.Ordinal);
}
