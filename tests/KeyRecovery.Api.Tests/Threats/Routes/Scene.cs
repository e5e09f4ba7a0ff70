using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Threats.Routes;

/// <summary>The callers' account, somebody else's in the same app, and one that is not there.</summary>
internal sealed class Scene
{
    private Scene(TestHost host) => Host = host;

    public TestHost Host { get; }

    public required Family Mine { get; init; }

    public required Family Other { get; init; }

    public required Family Absent { get; init; }

    public required string Token { get; init; }

    public required string OtherToken { get; init; }

    public required string Operator { get; init; }

    public required string OtherOperator { get; init; }

    public static async Task<Scene> CreateAsync(TestHost host)
    {
        var (mine, theirs) = (await Officer.TokenAsync(host, "demo"), await Officer.TokenAsync(host, "other"));
        var (own, other) = (await Family.CreateAsync(host, mine), await Family.CreateAsync(host, theirs));
        return new Scene(host)
        {
            Mine = own, Other = other, Absent = other.Nowhere(),
            Token = await host.TokenAsync(own.Account.Subject),
            OtherToken = await host.TokenAsync(own.Account.Subject, "other"),
            Operator = mine, OtherOperator = theirs,
        };
    }

    /// <summary>An erasure is held.</summary>
    public async Task HoldAsync()
    {
        using var asked = await Mine.Account.SendAsync(
            Mine.Account.Phone, HttpMethod.Post, $"/v1/erasure?round={await RoundAsync()}");
        Assert.Equal(202, (int)asked.StatusCode);
    }

    public async Task<int> RoundAsync()
    {
        using var told = await Mine.Account.SendAsync(Mine.Account.Phone, HttpMethod.Get, "/v1/erasure");
        return (await told.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("round").GetInt32();
    }

    public static async Task DoneAsync(TestHost host, string officer, string job)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            using var answer = await Officer.ReadAsync(host, officer, job);
            var report = await answer.Content.ReadFromJsonAsync<JsonElement>(patience.Token);
            if (report.GetProperty("state").GetString() == "done") return;
            await Task.Delay(10, patience.Token);
        }
    }
}
