using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Service;
using KeyRecovery.Service.Linking;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Threats.Routes;

/// <summary>The callers' account, somebody else's in the same app, and one that is not there.</summary>
internal sealed class Scene
{
    // Of the two minutes that a session lives whose two sides have not met.
    private static readonly TimeSpan Old = TimeSpan.FromMinutes(1);

    private readonly Stopwatch _age = Stopwatch.StartNew();

    private Scene(TestHost host) => Host = host;

    public TestHost Host { get; }

    /// <summary>Whether its link sessions might run out in the middle of a visit.</summary>
    public bool IsOld => _age.Elapsed > Old;

    public ILinkRelay Links => Host.Services.GetRequiredService<KeyRecoveryService>().Links;

    public required Family Mine { get; init; }

    public required Family Other { get; init; }

    public required Family Absent { get; init; }

    public required string Token { get; init; }

    public required string OtherToken { get; init; }

    public required string Operator { get; init; }

    public required string OtherOperator { get; init; }

    public static async Task<Scene> CreateAsync(TestHost host)
    {
        var (mine, theirs) = (
            await Officer.TokenAsync(host, "demo", Officer.AllScopes),
            await Officer.TokenAsync(host, "other", Officer.AllScopes));
        var (own, other) = (await Family.CreateAsync(host, mine), await Family.CreateAsync(host, theirs));
        // Whatever the code reads is told to the devices, which is a write: here, and not again for ten minutes.
        (await own.Account.OpenAsync(own.Account.Code)).Dispose();
        return new Scene(host)
        {
            Mine = own, Other = other, Absent = other.Nowhere(),
            Token = await host.TokenAsync(own.Account.Subject),
            OtherToken = await host.TokenAsync(own.Account.Subject, "other"),
            Operator = mine, OtherOperator = theirs,
        };
    }

    /// <summary>Ends its accounts' link sessions: else they run out in the middle of somebody else's visit.</summary>
    public async Task EndSessionsAsync()
    {
        foreach (var family in new[] { Mine, Other }) await Links.ForgetAsync(family.Id, CancellationToken.None);
    }

    /// <summary>An erasure is held.</summary>
    public async Task HoldAsync()
    {
        using var asked = await Mine.Account.SendAsync(
            Mine.Account.Phone, HttpMethod.Post, $"/v1/erasure?round={await RoundAsync()}");
        Assert.Equal(202, (int)asked.StatusCode);
        await ToldAsync();
    }

    /// <summary>Waits until the log has what was asked for; the account's rows are written once more by that.</summary>
    public async Task ToldAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var erasures = Host.Services.GetRequiredService<KeyRecoveryService>().Erasures;
        while ((await erasures.ResumeAsync(patience.Token)).AwaitLog > 0) await Task.Delay(10, patience.Token);
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
