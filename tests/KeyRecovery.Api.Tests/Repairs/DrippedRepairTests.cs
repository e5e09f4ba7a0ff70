using System.Diagnostics;
using System.Net;
using System.Text.Json;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Api.Tests.Faults;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Repairs;

/// <summary>
/// F15: whoever drips, or fills the room for bodies, keeps nobody from a repair. They know an account's id, and more is
/// not asked.
/// </summary>
public sealed class DrippedRepairTests : IAsyncLifetime
{
    private TestHost _host = null!;
    private TestAccount _account = null!;

    private RepairGate Gate => _host.Services.GetRequiredService<RepairGate>();

    [Fact]
    public async Task F15_an_honest_repair_succeeds_at_once_beside_drips_from_fifty_addresses()
    {
        var drips = await Task.WhenAll(Enumerable.Range(2, 50).Select(i => DripAsync(IPAddress.Parse($"127.0.0.{i}"))));
        await UntilAsync(() => Gate.Count == 50);
        using var honest = await RepairAsync();
        Assert.Equal(HttpStatusCode.OK, honest.StatusCode);
        Assert.Equal(50, Gate.Count);
        foreach (var drip in drips) await drip.ReadProblemAsync(408, "timeout");
        foreach (var drip in drips) drip.Dispose();
        Assert.Equal((0, 0), (Gate.Count, Gate.Held));
    }

    [Fact]
    public async Task F15_and_beside_one_from_its_own_address_as_soon_as_the_least_rate_has_ended_that()
    {
        var began = Stopwatch.GetTimestamp();
        using var drip = await DripAsync(IPAddress.Loopback);
        await UntilAsync(() => Gate.Count == 1);
        var feeding = FeedAsync(drip, bytes: 1_024, TimeSpan.FromMilliseconds(100), times: 60);
        var refused = 0;
        HttpResponseMessage honest;
        while ((honest = await RepairAsync()).StatusCode == HttpStatusCode.TooManyRequests)
        {
            refused++;
            await Task.Delay(await RetryAfterAsync(honest));
        }

        Assert.Equal(HttpStatusCode.OK, honest.StatusCode);
        Assert.InRange(refused, 1, 5);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 10);
        await drip.ReadProblemAsync(408, "timeout");
        await feeding;
    }

    [Fact]
    public async Task F15_control_a_body_that_comes_at_twice_the_least_rate_is_read_to_its_end()
    {
        using var steady = await DripAsync(IPAddress.Loopback, length: 1_000_000);
        await FeedAsync(steady, bytes: 20_000, TimeSpan.FromMilliseconds(150), times: 50);
        await steady.ReadProblemAsync(400, "malformed");
    }

    [Fact]
    public async Task F15_those_who_fill_the_room_for_bodies_are_the_first_to_lose_it()
    {
        // Eight bodies of which the last byte is missing: four have room, each in twice its size.
        var piece = new byte[Limits.RepairBytes - 2];
        var filling = new List<RawConnection>();
        for (var i = 2; i < 10; i++)
        {
            filling.Add(await DripAsync(IPAddress.Parse($"127.0.0.{i}"), Limits.RepairBytes));
            await filling[^1].SendAsync(piece);
            await UntilAsync(() => Gate.Held >= Math.Min(filling.Count, 4) * 2L * piece.Length);
        }

        Assert.InRange(Gate.Held, 4 * 2L * piece.Length, RequestLimits.RepairBytes);
        using var honest = await RepairAsync();
        Assert.Equal(HttpStatusCode.OK, honest.StatusCode);
        Assert.InRange(Gate.Held, 1, RequestLimits.RepairBytes);
        await filling[0].ReadProblemAsync(503, "unavailable");
        foreach (var connection in filling) connection.Dispose();
    }

    public async Task InitializeAsync()
    {
        _host = await TestHost.StartAsync(new(VaultFixture.Settings) { ["LogLevel"] = "Information" });
        _account = await TestAccount.CreateAsync(_host);
    }

    public async Task DisposeAsync()
    {
        await using (_host) AlarmLines.AssertNone(_host.ReadLog());
    }

    private async Task<HttpResponseMessage> RepairAsync()
    {
        using var vault = await _account.OpenAsync();
        return await _account.SendAsync(
            _account.Phone, HttpMethod.Post, "/v1/repair", Contract.VaultTests.Repair(vault).Encode());
    }

    // The head of a repair of this account by nobody, and its first byte.
    private async Task<RawConnection> DripAsync(IPAddress from, int length = 100_000)
    {
        var connection = await RawConnection.OpenAsync(_host.Address, from);
        var headers = Party.Device().Of(_account.Id)
            .Headers(_host.Address, HttpMethod.Post, "/v1/repair", new byte[length]);
        await connection.SendHeadAsync(
            HttpMethod.Post, "/v1/repair",
            [.. headers, ("Content-Type", "application/cbor"), ("Content-Length", $"{length}")], and: [0]);
        return connection;
    }

    private static async Task FeedAsync(RawConnection connection, int bytes, TimeSpan every, int times)
    {
        try
        {
            for (var i = 0; i < times; i++)
            {
                await connection.SendAsync(new byte[bytes]);
                await Task.Delay(every);
            }
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Closed by the server.
        }
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!isSo()) await Task.Delay(5, patience.Token);
    }

    private static async Task<TimeSpan> RetryAfterAsync(HttpResponseMessage refused) =>
        TimeSpan.FromMilliseconds(JsonDocument.Parse(await refused.Content.ReadAsStringAsync()).RootElement
            .GetProperty("retryAfterMs").GetInt64());
}
