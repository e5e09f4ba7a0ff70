using System.Net;
using System.Security.Cryptography;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Faults;

/// <summary>F31: callers who hang up, who are too many, or whom a restart finds, alarm nobody.</summary>
public sealed class LeavingCallerTests
{
    private static readonly Dictionary<string, string> Loud = new(VaultFixture.Settings) { ["LogLevel"] = "Debug" };

    [Fact]
    public async Task F31_whoever_hangs_up_in_the_middle_of_a_body_or_an_answer_alarms_nobody()
    {
        await using var host = await TestHost.StartAsync(Loud);
        var account = await TestAccount.CreateAsync(host, VaultFixture.StrictApp);
        using var vault = await account.OpenAsync();
        var (item, _) = TestAccount.Put(vault, RandomNumberGenerator.GetBytes(Limits.MaxItemBytes));
        var target = $"/v1/items/{Hash256.Of(item)}";
        using (var put = await account.SendAsync(
            account.Phone, HttpMethod.Put, target, item, "application/octet-stream"))
            Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);

        await Parallel.ForAsync(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 12 }, async (i, _) =>
        {
            using var connection = await RawConnection.OpenAsync(host.Address, receiveBuffer: 4_096);
            var (method, sent) = i % 2 == 0 ? (HttpMethod.Put, item) : (HttpMethod.Get, []);
            await connection.SendHeadAsync(
                method, target,
                [.. account.Phone.Of(account.Id).Headers(host.Address, method, target, sent),
                    ("Content-Type", "application/octet-stream"), ("Content-Length", $"{sent.Length}")],
                sent[..(sent.Length * (i % 5) / 5)]);
            await Task.Delay(i % 7 * 20);
            // Some say goodbye.
            if (i % 3 != 0) connection.Reset();
        });
        await SettledAsync(host, account);
        AlarmLines.AssertNone(host.ReadLog());
    }

    [Fact]
    public async Task F31_too_many_at_once_are_told_so_and_alarm_nobody()
    {
        await using var host = await TestHost.StartAsync(Loud);
        var account = await TestAccount.CreateAsync(host);
        var answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(async i =>
        {
            using var answer = i % 2 == 0
                ? await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault")
                : await account.SendAsync(account.Phone, HttpMethod.Post, "/v1/repair", new byte[100_000]);
            return answer.StatusCode;
        }));
        Assert.Contains(HttpStatusCode.OK, answers);
        Assert.All(answers, status => Assert.True(
            status is HttpStatusCode.OK or HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable
                or HttpStatusCode.BadRequest, $"{status}"));
        AlarmLines.AssertNone(host.ReadLog());
    }

    [Fact]
    public async Task F31_a_restart_that_finds_requests_of_every_kind_alarms_nobody()
    {
        await using var host = await HostProcess.StartAsync(new() { ["DrainSeconds"] = "1" });
        var callers = new List<RawConnection>();
        for (var i = 0; i < 8; i++)
        {
            // A head without its end, half a body, a body that is asked for and never comes, and nothing at all.
            callers.Add(await RawConnection.OpenAsync(host.Address));
            await callers[^1].SendAsync("GET /v1/config HTTP/1.1\r\nHost: "u8.ToArray());
            callers.Add(await RawConnection.OpenAsync(host.Address));
            await callers[^1].SendHeadAsync(HttpMethod.Post, "/v1/dev/tokens",
                [("Content-Type", "application/json"), ("Content-Length", "100")], "{"u8.ToArray());
            callers.Add(await RawConnection.OpenAsync(host.Address));
            await callers[^1].SendHeadAsync(HttpMethod.Post, "/v1/dev/tokens",
                [("Content-Type", "application/json"), ("Content-Length", "100"), ("Expect", "100-continue")]);
            callers.Add(await RawConnection.OpenAsync(host.Address));
        }

        host.Terminate();
        Assert.Equal(0, await host.ExitCodeAsync(TimeSpan.FromSeconds(25)));
        foreach (var caller in callers) caller.Dispose();
        AlarmLines.AssertNone(host.LogFile);
        AlarmLines.AssertNone(host.StandardOutput);
    }

    // Requests of the account are served again: those that were left are over.
    private static async Task SettledAsync(TestHost host, TestAccount account)
    {
        var token = await host.TokenAsync(account.Subject, account.App);
        for (var i = 0; i < 40; i++)
        {
            using var answer = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault",
                adjust: r => r.Headers.Authorization = new("Bearer", token));
            if (answer.StatusCode == HttpStatusCode.OK) return;
            await Task.Delay(500);
        }

        Assert.Fail("the account is not served again");
    }
}
