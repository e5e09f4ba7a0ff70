using System.Net;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Api.Tests.Faults;
using KeyRecovery.Api.Tests.Repairs;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Realms;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Realms;

/// <summary>
/// F12, F15, at a realm: nobody signs a head that is followed, so its body is a stranger's. Whoever fills the room for
/// such bodies is the first to lose it.
/// </summary>
public sealed class CrowdedRealmTests : IAsyncLifetime
{
    private TestHost _host = null!;

    [Theory]
    [InlineData("/v1/realm/follow")]
    [InlineData("/v1/realm/command")]
    public async Task F15_the_bodies_of_strangers_are_bounded_together_and_the_oldest_gives_way(string path)
    {
        var (bodies, piece) = (_host.Services.GetRequiredService<RealmBodies>(), new byte[RealmLimits.BundleBytes - 2]);
        var filling = new List<RawConnection>();
        for (var i = 2; i < 14; i++)
        {
            var connection = await RawConnection.OpenAsync(_host.Address, IPAddress.Parse($"127.0.0.{i}"));
            await connection.SendHeadAsync(HttpMethod.Post, path,
                [("Content-Type", "application/cbor"), ("Content-Length", $"{RealmLimits.BundleBytes}")], and: [0x83]);
            await connection.SendAsync(piece);
            filling.Add(connection);
            await DripWorld.UntilAsync(() => bodies.Held >= Math.Min(filling.Count, 7) * 2L * piece.Length);
        }

        Assert.InRange(bodies.Held, 7 * 2L * piece.Length, RequestLimits.RealmBytes);
        await filling[0].ReadProblemAsync(503, "unavailable");
        // Whoever comes with a body of the usual size waits for nobody.
        using var small = await _host.Client.PostAsync(path, new ByteArrayContent([0x80])
        {
            Headers = { ContentType = new("application/cbor") },
        });
        Assert.Equal(HttpStatusCode.BadRequest, small.StatusCode);
        foreach (var connection in filling) connection.Dispose();
        await DripWorld.UntilAsync(() => bodies.Held == 0);
    }

    public async Task InitializeAsync() => _host = await TestHost.StartAsync(new(VaultFixture.Settings));

    public async Task DisposeAsync() => await _host.DisposeAsync();
}
