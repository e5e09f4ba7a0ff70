using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Maintenance;
using KeyRecovery.Api.Reports;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Service;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Keys;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Hosting;

/// <summary>Rotations that the server runs by itself.</summary>
public class RotationTests
{
    private static readonly KekId First = new(1);

    private static IKekRing RingOf(TestHost host) => host.Services.GetRequiredService<KeyRecoveryService>().Ring;

    private static async Task UntilAsync(Func<bool> reached)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!reached()) await Task.Delay(20, limit.Token);
    }

    [Fact]
    public async Task A_request_has_the_current_KEK_destroyed()
    {
        await using var host = await TestHost.StartAsync(new() { ["Rotation:MinIntervalHours"] = "0" });
        host.Services.GetRequiredService<KeyRecoveryService>().RotationRequests.Request();
        await UntilAsync(() => RingOf(host).IsGoneUpTo(First));
        Assert.Equal(new KekId(2), RingOf(host).Current.Id);
    }

    [Theory]
    [InlineData(0, 24, 24 * 60)]
    [InlineData(23 * 60 + 59, 24, 1)]
    [InlineData(24 * 60, 24, 0)]
    [InlineData(24 * 60 + 5, 24, 0)]
    [InlineData(1, 0, 0)]
    public void A_rotation_is_due_when_the_interval_is_over(int minutesLater, int interval, int minutesLeft)
    {
        var now = Moment.At((498_755UL * 3600) + ((ulong)minutesLater * 60));
        Assert.Equal(TimeSpan.FromMinutes(minutesLeft),
            KekRotationService.UntilDue(498_755, interval, now));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_crash_cut_short_is_finished_after_the_next_start(bool promoted)
    {
        using var directory = new TempDirectory();
        await using (var before = await TestHost.StartAsync(directory: directory))
        {
            Assert.IsType<RingResult.Done>(await RingOf(before).AddNextAsync(default));
            if (promoted) Assert.IsType<RingResult.Done>(await RingOf(before).PromoteAsync(default));
        }

        await using var host = await TestHost.StartAsync(directory: directory);
        await UntilAsync(() => RingOf(host).IsGoneUpTo(First));
        Assert.Equal(["current", "destroyed"], KekLine.Of(
            await host.Services.GetRequiredService<KeyRecoveryService>().RingAudit.RunAsync(default))
            .Select(kek => kek.State).Order());
    }
}
