using System.Net;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Api.Tests.Repairs;

/// <summary>
/// F15: whoever drips, or fills the room for bodies, keeps nobody from a repair. They know an account's id, and more is
/// not asked.
/// </summary>
public sealed class DrippedRepairTests : IAsyncLifetime
{
    private DripWorld _world = null!;

    [Fact]
    public async Task F15_an_honest_repair_succeeds_at_once_beside_drips_from_fifty_addresses()
    {
        var drips = await Task.WhenAll(
            Enumerable.Range(2, 50).Select(i => _world.DripAsync(IPAddress.Parse($"127.0.0.{i}"))));
        await DripWorld.UntilAsync(() => _world.Gate.Count == 50);
        using var honest = await _world.RepairAsync();
        Assert.Equal(HttpStatusCode.OK, honest.StatusCode);
        Assert.Equal(50, _world.Gate.Count);
        foreach (var drip in drips) await drip.ReadProblemAsync(408, "timeout");
        foreach (var drip in drips) drip.Dispose();
        Assert.Equal((0, 0), (_world.Gate.Count, _world.Gate.Held));
    }

    [Fact]
    public async Task F15_those_who_fill_the_room_for_bodies_are_the_first_to_lose_it()
    {
        // Eight bodies of which the last byte is missing: four have room, each in twice its size.
        var (gate, piece) = (_world.Gate, new byte[Limits.RepairBytes - 2]);
        var filling = new List<RawConnection>();
        for (var i = 2; i < 10; i++)
        {
            filling.Add(await _world.DripAsync(IPAddress.Parse($"127.0.0.{i}"), Limits.RepairBytes));
            await filling[^1].SendAsync(piece);
            await DripWorld.UntilAsync(() => gate.Held >= Math.Min(filling.Count, 4) * 2L * piece.Length);
        }

        Assert.InRange(gate.Held, 4 * 2L * piece.Length, RequestLimits.RepairBytes);
        using var honest = await _world.RepairAsync();
        Assert.Equal(HttpStatusCode.OK, honest.StatusCode);
        Assert.InRange(gate.Held, 1, RequestLimits.RepairBytes);
        await filling[0].ReadProblemAsync(503, "unavailable");
        foreach (var connection in filling) connection.Dispose();
    }

    public async Task InitializeAsync() => _world = await DripWorld.OpenAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();
}
