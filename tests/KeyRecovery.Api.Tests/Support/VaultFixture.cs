using System.Net;
using System.Text.Json;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>A server with three apps and no rate limits worth the name, for the tests of a class.</summary>
public sealed class VaultFixture : IAsyncLifetime
{
    /// <summary>The app whose codes need its token as well.</summary>
    internal const string StrictApp = "strict";

    /// <summary>Settings under which tests are many users behind one address.</summary>
    internal static Dictionary<string, string> Settings => new()
    {
        ["RateLimits:Address:PerSecond"] = "1000000",
        ["RateLimits:Address:Burst"] = "1000000",
        ["RateLimits:Repair:PerSecond"] = "1000000",
        ["RateLimits:Repair:Burst"] = "1000000",
        ["RateLimits:Account:PerSecond"] = "1000000",
        ["RateLimits:Account:Burst"] = "1000000",
        ["RateLimits:ExportsPerDay"] = "10000",
        ["LogLevel"] = "Error",
        ["Apps:0:Id"] = "demo",
        ["Apps:0:Issuer"] = "urn:keyrecovery:development",
        ["Apps:0:Audience"] = "demo",
        ["Apps:1:Id"] = "other",
        ["Apps:1:Issuer"] = "urn:keyrecovery:development",
        ["Apps:1:Audience"] = "other",
        ["Apps:2:Id"] = StrictApp,
        ["Apps:2:Issuer"] = "urn:keyrecovery:development",
        ["Apps:2:Audience"] = StrictApp,
        ["Apps:2:Policy:CodeNeedsToken"] = "true",
        ["Apps:2:Policy:ItemBytes"] = "1048576",
    };

    internal TestHost Host { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync() => Host = await TestHost.StartAsync(Settings);

    /// <inheritdoc/>
    public async Task DisposeAsync() => await Host.DisposeAsync();

    /// <summary>Sends what must be refused, and asserts that not a row of either store changed.</summary>
    internal async Task<JsonElement> RefusedAsync(
        Func<Task<HttpResponseMessage>> send, HttpStatusCode status, string slug, string? field = null,
        string? rule = null)
    {
        var before = await StoreSnapshot.TakeAsync(Host);
        using var response = await send();
        var problem = await ProblemAssert.IsAsync(response, status, slug, field);
        Assert.Equal(rule, problem.TryGetProperty("rule", out var named) ? named.GetString() : null);
        Assert.Equal(before, await StoreSnapshot.TakeAsync(Host));
        return problem;
    }
}
