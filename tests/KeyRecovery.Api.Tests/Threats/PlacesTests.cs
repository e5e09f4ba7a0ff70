using System.Net;
using System.Security.Cryptography;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Api.Tests.Faults;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>
/// F11 and F12: what runs at once for one account, and what its unread answers hold, is bounded; others do not notice.
/// </summary>
[Collection(GateCounts.Alone)]
public sealed class PlacesTests : IAsyncLifetime
{
    private const int Most = RequestLimits.OfAccount + RequestLimits.WaitingOfAccount;

    private TestHost _host = null!;

    private Places Places => _host.Services.GetRequiredService<Places>();

    [Fact]
    public async Task F11_beyond_the_places_of_an_account_the_answer_is_no_and_comes_at_once()
    {
        var (busy, other) = (await TestAccount.CreateAsync(_host), await TestAccount.CreateAsync(_host));
        var slow = await FillAsync(busy, Most);
        using var refused = await busy.SendAsync(busy.Phone, HttpMethod.Get, "/v1/vault");
        var problem = await ProblemAssert.IsAsync(refused, HttpStatusCode.TooManyRequests, "rate-limited");
        Assert.Equal(1_000, problem.GetProperty("retryAfterMs").GetInt64());
        using var welcome = await other.SendAsync(other.Phone, HttpMethod.Get, "/v1/vault");
        Assert.Equal(HttpStatusCode.OK, welcome.StatusCode);

        foreach (var connection in slow) connection.Dispose();
        await UntilAsync(() => Places.Count == 0);
        using var again = await busy.SendAsync(busy.Phone, HttpMethod.Get, "/v1/vault");
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task F22_whoever_waits_for_a_place_and_is_removed_meanwhile_is_refused()
    {
        var (account, laptop) = (await TestAccount.CreateAsync(_host), Party.Device());
        using (var before = await account.OpenAsync())
            await account.CommittedAsync(account.Phone, TestAccount.LinkCommit(before, account.Phone, [laptop], []));
        using var vault = await account.OpenAsync();
        var (item, _) = TestAccount.Put(vault, [1]);
        var slow = await FillAsync(account, RequestLimits.OfAccount);
        using var counts = GateCounts.Start();
        var waiting = account.SendAsync(
            laptop, HttpMethod.Put, $"/v1/items/{Hash256.Of(item)}", item, "application/octet-stream");
        await UntilAsync(() => counts.Verifications == 1);

        // Its own requests would wait behind: the removal goes in by the service's door.
        var service = _host.Services.GetRequiredService<KeyRecoveryService>();
        var pass = (GateResult.Open)await service.Gate.PassAsync(
            account.Phone.Of(account.Id).KeyId, _ => true, default);
        using (pass.Account)
            Assert.IsType<Outcome<Service.Accounts.Heads>.Done>(await service.Commits.CommitAsync(
                pass.Account, TestAccount.LinkCommit(vault, account.Phone, [], [laptop.Id]), default));
        foreach (var connection in slow) connection.Dispose();
        await ProblemAssert.IsAsync(await waiting, HttpStatusCode.Forbidden, "revoked");
    }

    [Fact]
    public async Task F12_whoever_fills_the_memory_for_answers_is_the_first_to_lose_it()
    {
        var memory = _host.Services.GetRequiredService<AnswerMemory>();
        var honest = await TestAccount.CreateAsync(_host, VaultFixture.StrictApp);
        var wanted = await StoreAsync(honest);
        var deaf = new List<RawConnection>();
        // A megabyte each: a third more than there is room for.
        while (deaf.Count < RequestLimits.AnswerBytes / Limits.MaxItemBytes * 4 / 3)
        {
            var account = await TestAccount.CreateAsync(_host, VaultFixture.StrictApp);
            var hash = await StoreAsync(account);
            for (var i = 0; i < RequestLimits.OfAccount; i++) deaf.Add(await AskAsync(account, hash));
        }

        await UntilAsync(() => memory.Held > RequestLimits.AnswerBytes * 9 / 10);
        Assert.InRange(memory.Held, 1, RequestLimits.AnswerBytes);
        using var served = await honest.SendAsync(honest.Phone, HttpMethod.Get, $"/v1/items/{wanted}");
        Assert.Equal(wanted, Hash256.Of(await served.Content.ReadAsByteArrayAsync()));
        Assert.InRange(memory.Held, 1, RequestLimits.AnswerBytes);
        // And who reads nothing is ended, with nobody's help.
        await UntilAsync(() => memory.Held == 0 && Places.Count == 0);
        foreach (var connection in deaf) connection.Dispose();
    }

    [Fact]
    public async Task However_they_come_and_go_no_more_than_the_few_are_inside_and_no_place_is_lost()
    {
        var (inside, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 64).Select(worker => Task.Run(async () =>
        {
            for (var turn = 0; turn < 200; turn++)
            {
                using var impatience =
                    new CancellationTokenSource(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(1, 4)));
                try
                {
                    using var place = await Places.TryEnterAsync((UInt128)(worker % 2), impatience.Token);
                    if (place is null) continue;
                    var now = Interlocked.Increment(ref inside);
                    if (now > Volatile.Read(ref most)) Volatile.Write(ref most, now);
                    await Task.Delay(RandomNumberGenerator.GetInt32(0, 2));
                    Interlocked.Decrement(ref inside);
                }
                catch (OperationCanceledException)
                {
                    // It hung up.
                }
            }
        })));
        Assert.InRange(most, 2, 2 * RequestLimits.OfAccount);
        Assert.Equal(0, Places.Count);
    }

    public async Task InitializeAsync() =>
        _host = await TestHost.StartAsync(new(VaultFixture.Settings) { ["LogLevel"] = "Information" });

    public async Task DisposeAsync()
    {
        await using (_host) AlarmLines.AssertNone(_host.ReadLog());
    }

    // Half a body each, and all of them past the gate.
    private async Task<List<RawConnection>> FillAsync(TestAccount account, int requests)
    {
        using var counts = GateCounts.Start();
        var slow = new List<RawConnection>();
        for (var i = 0; i < requests; i++)
        {
            slow.Add(await RawConnection.OpenAsync(_host.Address));
            var headers = account.Phone.Of(account.Id)
                .Headers(_host.Address, HttpMethod.Post, "/v1/commits", new byte[1_000]);
            await slow[^1].SendHeadAsync(
                HttpMethod.Post, "/v1/commits",
                [.. headers, ("Content-Type", "application/cbor"), ("Content-Length", "1000")], and: new byte[500]);
        }

        await UntilAsync(() => counts.Verifications == requests);
        return slow;
    }

    private static async Task<Hash256> StoreAsync(TestAccount account)
    {
        using var vault = await account.OpenAsync();
        var (item, _) = TestAccount.Put(vault, RandomNumberGenerator.GetBytes(Limits.MaxItemBytes));
        var hash = Hash256.Of(item);
        using var put = await account.SendAsync(
            account.Phone, HttpMethod.Put, $"/v1/items/{hash}", item, "application/octet-stream");
        Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
        return hash;
    }

    private static async Task<RawConnection> AskAsync(TestAccount account, Hash256 item)
    {
        var connection = await RawConnection.OpenAsync(account.Host.Address, receiveBuffer: 4_096);
        var target = $"/v1/items/{item}";
        await connection.SendHeadAsync(
            HttpMethod.Get, target, account.Phone.Of(account.Id).Headers(account.Host.Address, HttpMethod.Get, target));
        return connection;
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!isSo()) await Task.Delay(5, patience.Token);
    }
}
