using System.Net;
using System.Security.Cryptography;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Service;
using KeyRecovery.Service.Linking;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Linking;

/// <summary>F16: one account cannot fill the relay for the others, nor lock itself out.</summary>
public sealed class FullRelayTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    [Fact]
    public async Task F16_another_account_opens_a_session_beside_one_that_contests_as_many_as_the_relay_holds()
    {
        var (worst, other) = (await TestAccount.CreateAsync(fixture.Host), await TestAccount.CreateAsync(fixture.Host));
        var relay = (LocalLinkRelay)fixture.Host.Services.GetRequiredService<KeyRecoveryService>().Links;
        var waiting = await new RelayClient(other).ClaimedAsync();
        await Parallel.ForAsync(
            0, LinkRelayLimits.Sessions + 100, new ParallelOptions { MaxDegreeOfParallelism = 3 }, async (_, _) =>
            {
                using var contested = await ContestAsync(worst);
                Assert.Equal(HttpStatusCode.Conflict, contested.StatusCode);
            });

        Assert.InRange(relay.Count, 1, 2 * LinkRelayLimits.SessionsPerAccount);
        using var opened = await new RelayClient(other).OpenAsync();
        Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
        using var goesOn = await waiting.PutAsync('e', 0, [1]);
        Assert.Equal(HttpStatusCode.NoContent, goesOn.StatusCode);
        using var own = await new RelayClient(worst).OpenAsync();
        Assert.Equal(HttpStatusCode.Created, own.StatusCode);
    }

    [Fact]
    public async Task F16_of_an_accounts_own_sessions_the_oldest_contested_gives_way_and_a_living_one_never()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        var living = await new RelayClient(account).ClaimedAsync();
        var contested = new List<RelayClient>();
        for (var i = 1; i < LinkRelayLimits.SessionsPerAccount; i++)
        {
            contested.Add(await new RelayClient(account).ClaimedAsync());
            using var second = await contested[^1].ClaimAsync(bearer: RandomNumberGenerator.GetBytes(32));
            Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        }

        for (var i = 0; i < contested.Count; i++)
        {
            await ProblemAssert.IsAsync(await contested[i].GetAsync('n', 0), HttpStatusCode.Conflict, "link-contested");
            using var opened = await new RelayClient(account).OpenAsync();
            Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
            await ProblemAssert.IsAsync(await contested[i].GetAsync('n', 0), HttpStatusCode.NotFound, "not-found");
        }

        var full = await ProblemAssert.IsAsync(
            await new RelayClient(account).OpenAsync(), HttpStatusCode.UnprocessableEntity, "limit-reached",
            "sessions");
        Assert.Equal((4, 4), (full.GetProperty("limit").GetInt32(), full.GetProperty("used").GetInt32()));
        using var goesOn = await living.PutAsync('e', 0, [1]);
        Assert.Equal(HttpStatusCode.NoContent, goesOn.StatusCode);
    }

    private static async Task<HttpResponseMessage> ContestAsync(TestAccount account)
    {
        var session = await new RelayClient(account).ClaimedAsync();
        return await session.ClaimAsync(bearer: RandomNumberGenerator.GetBytes(32));
    }
}
