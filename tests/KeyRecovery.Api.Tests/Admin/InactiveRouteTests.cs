using System.Text.Json;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Maintenance;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Api.Verbs;
using KeyRecovery.Service;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Operators;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace KeyRecovery.Api.Tests.Admin;

/// <summary>What is told of accounts that nobody uses, and by which words it is set and confirmed.</summary>
public sealed class InactiveRouteTests
{
    private static readonly DateOnly Day = new(2027, 3, 9);
    private static readonly AccountId Account = new(new byte[16]);

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("365", 365, 30)]
    public async Task Clients_are_told_after_how_many_days_and_nothing_where_it_is_never(
        string? after, int? told, int? warned)
    {
        var settings = new Dictionary<string, string>
        {
            ["Apps:0:Id"] = "demo", ["Apps:0:Issuer"] = "urn:keyrecovery:development", ["Apps:0:Audience"] = "demo",
        };
        if (after is not null) settings["Apps:0:Inactive:AfterDays"] = after;
        await using var host = await TestHost.StartAsync(settings);
        using var document = JsonDocument.Parse(await host.Client.GetStringAsync("/v1/config?app=demo"));
        var policy = document.RootElement.GetProperty("policy");
        Assert.Equal((told, warned), (Number("inactiveAfterDays"), Number("inactiveWarnDays")));

        int? Number(string name) => policy.TryGetProperty(name, out var value) ? value.GetInt32() : null;
    }

    [Fact]
    public async Task More_at_once_than_the_brake_lets_through_are_an_error_and_an_alarm_and_nobody_is_erased()
    {
        var clock = new MovableClock();
        await using var host = await TestHost.StartAsync(
            new()
            {
                ["Apps:0:Id"] = "demo", ["Apps:0:Issuer"] = "urn:keyrecovery:development", ["Apps:0:Audience"] = "demo",
                ["Apps:0:Inactive:AfterDays"] = "90", ["Apps:0:Inactive:WarnDays"] = "7",
            },
            adjust: builder => builder.Services.AddSingleton<TimeProvider>(clock));
        using var alarms = new Alarms(host);
        for (var i = 0; i <= OrphanAccounts.BrakeFloor; i++) await TestAccount.CreateAsync(host);
        var sweep = host.Services.GetServices<IHostedService>().OfType<OrphanSweep>().Single();
        // In strides that leave no gap; on the last one they are due.
        foreach (var days in new[] { 91, 2, 2, 2, 2 })
        {
            Assert.Equal(0, alarms.Errors("InactiveStopped"));
            clock.Pass(TimeSpan.FromDays(days));
            await sweep.TryAsync(default);
        }

        Assert.Equal((1, 1L), (alarms.Errors("InactiveStopped"), alarms.Count("keyrecovery.sweeps_stopped")));
        Assert.Contains("check --inactive-anyway", host.ReadLog(), StringComparison.Ordinal);
        var desk = host.Services.GetRequiredService<KeyRecoveryService>().Desk;
        var page = await desk.PageAsync("demo", null, 50, default);
        Assert.Equal(OrphanAccounts.BrakeFloor + 1, page!.Accounts.Count(one => one.State == ReportedState.Open));
    }

    [Fact]
    public void The_day_is_told_in_the_feed_and_in_the_standing()
    {
        var told = new AppEvent(7, AppEventKind.Inactive, 1, null, null, Account, null, "left", null);
        var body = EventResponse.Told(told with { ErasableOn = Day });
        Assert.Equal(("inactive", "2027-03-09"), (body.Kind, body.ErasableOn));
        Assert.Null(EventResponse.Told(told).ErasableOn);

        var report = new AccountReport(Account, ReportedState.Open);
        var standing = AccountStandingResponse.Of(report with { WarnedOn = Day.AddDays(-31), ErasableOn = Day });
        Assert.Equal(("2027-02-06", "2027-03-09"), (standing.WarnedOn, standing.ErasableOn));
        standing = AccountStandingResponse.Of(report);
        Assert.Equal((null, null), (standing.WarnedOn, standing.ErasableOn));
    }

    [Fact]
    public void It_is_off_unless_it_is_set_and_the_warning_is_shorter_than_the_time_before_it()
    {
        Assert.Null(new AppOptions().ToPolicy().Inactive);
        var set = new AppOptions { Inactive = { AfterDays = 90, WarnDays = 89 } };
        Assert.Equal(new InactivityPolicy(90, 89), set.ToPolicy().Inactive);
        foreach (var (days, isRight) in new[] { (89, true), (90, false) })
        {
            var failures = new Failures();
            new AppInactiveOptions { AfterDays = 90, WarnDays = days }.Check("Apps:0:Inactive", failures);
            Assert.Equal(isRight, failures.ToResult().Succeeded);
        }
    }

    [Theory]
    [InlineData("--sweep", true, true)]
    [InlineData("--sweep-anyway", false, true)]
    [InlineData("--inactive-anyway", true, false)]
    public void Each_brake_is_taken_off_by_its_own_word(string word, bool brake, bool inactiveBrake)
    {
        var arguments = CheckArguments.Parse([word]);
        Assert.Equal(
            (true, brake, inactiveBrake), (arguments.Sweep, arguments.Brake, arguments.InactiveBrake));
    }
}
