using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>
/// F25: somebody sets the clock of a running server forward, and whoever waits for a time asks by that clock.
/// </summary>
public sealed class SetClockTests : IAsyncLifetime
{
    private readonly MovableClock _clock = new();
    private TestHost _host = null!;
    private TestAccount _account = null!;

    public async Task InitializeAsync()
    {
        _host = await TestHost.StartAsync(
            VaultFixture.Settings, adjust: builder => builder.Services.AddSingleton<TimeProvider>(_clock));
        _account = await TestAccount.CreateAsync(_host);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task F25_a_young_device_removes_nobody_four_days_later_by_the_wall_clock_alone()
    {
        var thief = await AddAsync(_account.Phone);
        var theft = TestAccount.LinkCommit(
            await _account.OpenAsync(), thief, [], [_account.Phone.Id], beginEpoch: true).Encode();
        _clock.Move(TimeSpan.FromDays(4));
        using (var refused = await SendAsync(thief, HttpMethod.Post, "/v1/commits", theft))
            await ProblemAssert.IsAsync(refused, HttpStatusCode.Forbidden, "young-authority", "link.remove");
        using (var refused = await SendAsync(thief, HttpMethod.Post, "/v1/erasure?round=0"))
            await ProblemAssert.IsAsync(refused, HttpStatusCode.Forbidden, "young-authority");
        // Back again, and forward once more: nothing was gained.
        _clock.Move(TimeSpan.FromDays(-8));
        _clock.Move(TimeSpan.FromDays(8));
        using (var refused = await SendAsync(thief, HttpMethod.Post, "/v1/commits", theft))
            await ProblemAssert.IsAsync(refused, HttpStatusCode.Forbidden, "young-authority", "link.remove");

        // Control: it is the age that kept it, which comes with time.
        _clock.Pass(TimeSpan.FromDays(4));
        using var done = await SendAsync(thief, HttpMethod.Post, "/v1/commits", theft);
        Assert.Equal(HttpStatusCode.OK, done.StatusCode);
    }

    [Fact]
    public async Task F25_a_days_number_is_not_given_anew_by_setting_the_clock()
    {
        var thief = await AddAsync(_account.Phone);
        for (var i = 0; i < 4; i++) await AddAsync(thief);
        var fifth = TestAccount.LinkCommit(await _account.OpenAsync(thief), thief, [Party.Device()], []).Encode();
        foreach (var days in new[] { 0, 2, -4, 2 })
        {
            _clock.Move(TimeSpan.FromDays(days));
            using var refused = await SendAsync(thief, HttpMethod.Post, "/v1/commits", fifth);
            await ProblemAssert.IsAsync(refused, HttpStatusCode.UnprocessableEntity, "limit-reached", "young.links");
        }

        // Control: on another day it is another number that is reached.
        _clock.Pass(TimeSpan.FromDays(1));
        using var other = await SendAsync(thief, HttpMethod.Post, "/v1/commits", fifth);
        await ProblemAssert.IsAsync(other, HttpStatusCode.UnprocessableEntity, "limit-reached", "young.additions");
    }

    [Fact]
    public async Task F25_restore_points_and_older_versions_outlive_a_clock_that_is_set_past_their_end()
    {
        var thief = await AddAsync(_account.Phone);
        var item = TestAccount.ItemCommit(await _account.OpenAsync(), _account.Phone);
        await _account.CommittedAsync(_account.Phone, item);
        var entry = item.Manifest.Manifest.Items.Single();
        await _account.CommittedAsync(
            thief, TestAccount.ItemCommit(await _account.OpenAsync(thief), thief, replaced: entry));
        Assert.Equal((2, 1), await KeptAsync(entry));

        _clock.Move(TimeSpan.FromDays(40));
        await SweepAsync();
        Assert.Equal((2, 1), await KeptAsync(entry));
        _clock.Move(TimeSpan.FromDays(-40));
        await SweepAsync();
        Assert.Equal((2, 1), await KeptAsync(entry));

        // Control: when the time has passed, the young point and what it named are gone.
        _clock.Pass(TimeSpan.FromDays(34));
        await SweepAsync();
        Assert.Equal((1, 0), await KeptAsync(entry));
    }

    private async Task<Party> AddAsync(Party by)
    {
        var added = Party.Device();
        await _account.CommittedAsync(by, TestAccount.LinkCommit(await _account.OpenAsync(by), by, [added], []));
        return added;
    }

    private async Task SweepAsync()
    {
        var sweeper = _host.Services.GetRequiredService<KeyRecoveryService>().Sweeper;
        await sweeper.SweepAsync(TimeSpan.FromHours(24), default);
    }

    private async Task<(int Points, int Versions)> KeptAsync(ManifestItem item)
    {
        using var points = await SendAsync(_account.Phone, HttpMethod.Get, "/v1/restore-points");
        using var versions = await SendAsync(_account.Phone, HttpMethod.Get, $"/v1/items/{item.Id}/versions");
        return (
            (await points.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("points").GetArrayLength(),
            (await versions.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("versions").GetArrayLength());
    }

    // Whoever waits signs by the clock that the server shows.
    private Task<HttpResponseMessage> SendAsync(Party by, HttpMethod method, string target, byte[]? body = null) =>
        _host.Client.SendAsync(by.Of(_account.Id).Request(
            _host.Address, method, target, body, created: _clock.GetUtcNow().ToUnixTimeSeconds()));
}
