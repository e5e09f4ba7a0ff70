using System.Net;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Api.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace KeyRecovery.Api.Tests.Repairs;

/// <summary>
/// F15: the least rate of a repair's body, by a server's clock that stands still while the machine is busy.
/// </summary>
public sealed class LeastRateTests : IAsyncLifetime
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private DripWorld _world = null!;

    [Fact]
    public async Task F15_one_who_drips_keeps_its_own_address_from_repairs_for_ten_seconds_at_most()
    {
        using var drip = await _world.DripAsync(IPAddress.Loopback);
        await DripWorld.UntilAsync(() => _world.Gate.Held > 0);
        using (var refused = await _world.RepairAsync())
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        for (var time = Step; time < RequestLimits.StrangerGrace; time += Step) await FeedAsync(drip, bytes: 1_024);
        Assert.Equal(1, _world.Gate.Count);
        // What it sent was worth less than a second more.
        _clock.Advance(TimeSpan.FromSeconds(10) - RequestLimits.StrangerGrace);
        await drip.ReadProblemAsync(408, "timeout");
        using var honest = await _world.RepairAsync();
        Assert.Equal(HttpStatusCode.OK, honest.StatusCode);
    }

    [Fact]
    public async Task F15_control_a_body_that_comes_at_twice_the_least_rate_is_read_to_its_end()
    {
        const int Length = 1_000_000, Piece = 2 * RequestLimits.StrangerRate / 10;
        using var steady = await _world.DripAsync(IPAddress.Loopback, Length);
        await DripWorld.UntilAsync(() => _world.Gate.Held > 0);
        var sent = 1;
        for (; sent + Piece < Length; sent += Piece) await FeedAsync(steady, Piece);
        await steady.SendAsync(new byte[Length - sent]);
        await steady.ReadProblemAsync(400, "malformed");
    }

    public async Task InitializeAsync() =>
        _world = await DripWorld.OpenAsync(builder => builder.Services.AddSingleton<TimeProvider>(_clock));

    public async Task DisposeAsync() => await _world.DisposeAsync();

    // A piece of the body, which the server has before the time of one step passes.
    private async Task FeedAsync(RawConnection connection, int bytes)
    {
        var due = _world.Gate.Held + 2 * bytes;
        await connection.SendAsync(new byte[bytes]);
        await DripWorld.UntilAsync(() => _world.Gate.Held >= due);
        _clock.Advance(Step);
    }
}
