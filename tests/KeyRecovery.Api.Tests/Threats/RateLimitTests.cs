using System.Net;
using CsCheck;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Api.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace KeyRecovery.Api.Tests.Threats;

public class RateLimitTests
{
    private static readonly Dictionary<string, string> Tight = new()
    {
        ["RateLimits:Address:PerSecond"] = "0.01",
        ["RateLimits:Address:Burst"] = "3",
    };

    [Fact]
    public void A_bucket_holds_the_burst_and_refills_at_the_rate()
    {
        var time = new FakeTimeProvider();
        var buckets = new TokenBuckets(perSecond: 2, burst: 3, time);
        Assert.Equal(3, Taken(buckets, caller: 1, tries: 10));
        Assert.False(buckets.TryTake(1, out var wait));
        Assert.Equal(TimeSpan.FromMilliseconds(500), wait);
        time.Advance(wait);
        Assert.Equal(1, Taken(buckets, caller: 1, tries: 10));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(3, Taken(buckets, caller: 1, tries: 10));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void Several_instances_give_a_caller_together_what_one_gives(int instances)
    {
        var time = new FakeTimeProvider();
        var whole = new BucketOptions { PerSecond = 21, Burst = 42 };
        var parts = Enumerable.Range(0, instances).Select(_ => TokenBuckets.PartOf(whole, instances, time)).ToList();
        Assert.Equal(42, parts.Sum(part => Taken(part, caller: 1, tries: 100)));
        var taken = 0;
        for (var second = 0; second < 60; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            taken += parts.Sum(part => Taken(part, caller: 1, tries: 100));
        }

        Assert.InRange(taken, (60 * 21) - instances, 60 * 21);
        // One request at least, however many there are.
        Assert.Equal(1, Taken(TokenBuckets.PartOf(new() { PerSecond = 1, Burst = 1 }, 5, time), caller: 1, tries: 9));
    }

    [Fact]
    public void Nobody_gets_more_than_burst_and_rate_however_they_pace_it() =>
        Gen.Select(Gen.Int[1, 50], Gen.Int[1, 20], Gen.Int[0, 400].Array[1, 200]).Sample((rate, burst, pauses) =>
        {
            var time = new FakeTimeProvider();
            var buckets = new TokenBuckets(rate, burst, time);
            var (taken, elapsed) = (0, 0);
            foreach (var pause in pauses)
            {
                time.Advance(TimeSpan.FromMilliseconds(pause));
                elapsed += pause;
                taken += Taken(buckets, caller: 7, tries: 5);
                if (taken > burst + (rate * elapsed / 1000.0) + 0.001) return false;
            }

            return true;
        }, iter: 200);

    [Fact]
    public void Nor_by_asking_twice_at_the_same_moment()
    {
        const int tokens = 100_000;
        var time = new FakeTimeProvider();
        var buckets = new TokenBuckets(perSecond: 1, burst: 1, time);
        var taken = 0;
        using var moment = new Barrier(2, _ => time.Advance(TimeSpan.FromSeconds(1)));
        void Ask()
        {
            for (var i = 0; i < tokens; i++)
            {
                moment.SignalAndWait();
                if (buckets.TryTake(7, out var _)) Interlocked.Increment(ref taken);
            }
        }

        Parallel.Invoke(Ask, Ask);
        Assert.Equal(tokens, taken);
    }

    [Fact]
    public void Waiting_as_told_is_enough() =>
        Gen.Select(Gen.Double[0.01, 100], Gen.Int[1, 20]).Sample((rate, burst) =>
        {
            var time = new FakeTimeProvider();
            var buckets = new TokenBuckets(rate, burst, time);
            Taken(buckets, caller: 7, tries: burst);
            if (buckets.TryTake(7, out var wait)) return false;
            time.Advance(wait);
            return buckets.TryTake(7, out _);
        }, iter: 200);

    [Fact]
    public void A_crowd_of_strangers_does_not_use_up_a_callers_bucket()
    {
        var buckets = new TokenBuckets(perSecond: 1, burst: 2, new FakeTimeProvider());
        for (UInt128 stranger = 1_000; stranger < 2_000; stranger++) Taken(buckets, stranger, tries: 5);
        // 1,000 exhausted strangers fill 1.5 % of either row: both of one caller's cells with p = 0.0002.
        Assert.InRange(
            Enumerable.Range(0, 500).Count(caller => Taken(buckets, (UInt128)caller, tries: 1) == 1), 495, 500);
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("0.0.0.1", "::1", false)]
    public void One_caller_is_an_IPv4_address_or_a_64(string one, string other, bool same) =>
        Assert.Equal(same, ClientAddress.Of(IPAddress.Parse(one)) == ClientAddress.Of(IPAddress.Parse(other)));

    [Fact]
    public async Task Past_the_limit_the_answer_says_when_to_come_back()
    {
        await using var host = await TestHost.StartAsync(Tight);
        for (var i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.OK, (await host.Client.GetAsync("/v1/config")).StatusCode);
        var response = await host.Client.GetAsync("/v1/config");
        var problem = await ProblemAssert.IsAsync(response, HttpStatusCode.TooManyRequests, "rate-limited");
        Assert.InRange(problem.GetProperty("retryAfterMs").GetInt64(), 90_000, 100_000);
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 90, 100);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await host.Client.GetAsync("/unknown")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await host.Client.GetAsync("/health/live")).StatusCode);
    }

    [Fact]
    public async Task Behind_a_known_proxy_each_64_counts_for_itself()
    {
        await using var host = await TestHost.StartAsync(new(Tight) { ["KnownProxies:0"] = "127.0.0.0/8" });
        Assert.Equal(3, await WelcomeAsync(host, i => $"2001:db8:1:2::{i + 1}"));
        Assert.Equal(3, await WelcomeAsync(host, i => $"2001:db8:1:3::{i + 1}"));
        // The chain is read from its end, and stops at the first that is no proxy of ours.
        Assert.Equal(0, await WelcomeAsync(host, i => $"198.51.100.{i}, 2001:db8:1:2::9"));
        Assert.DoesNotContain("ProxyUnknown", host.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stranger_does_not_choose_an_address()
    {
        await using var host = await TestHost.StartAsync(Tight);
        Assert.Equal(3, await WelcomeAsync(host, i => $"198.51.100.{i}"));
        // The operator is told, once, by whom: it may be a proxy that nobody has named.
        var told = Assert.Single(
            host.ReadLog().Split('\n'), line => line.Contains("ProxyUnknown", StringComparison.Ordinal));
        Assert.Contains("127.0.0.0/24", told, StringComparison.Ordinal);
        Assert.DoesNotContain("198.51.100", told, StringComparison.Ordinal);
    }

    private static int Taken(TokenBuckets buckets, UInt128 caller, int tries) =>
        Enumerable.Range(0, tries).Count(_ => buckets.TryTake(caller, out var _));

    private static async Task<int> WelcomeAsync(TestHost host, Func<int, string> forwardedFor)
    {
        var welcome = 0;
        for (var i = 0; i < 6; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/config");
            request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwardedFor(i));
            if ((await host.Client.SendAsync(request)).StatusCode == HttpStatusCode.OK) welcome++;
        }

        return welcome;
    }
}
