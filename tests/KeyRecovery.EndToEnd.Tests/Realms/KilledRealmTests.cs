using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Realms;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Realms;

/// <summary>
/// SIGKILL between the count and the answer: the guess stays spent, and the same attempt is not charged twice.
/// </summary>
public sealed class KilledRealmTests(ITestOutputHelper output)
{
    private const int Kills = 10;
    private const int Budget = 100;
    private const int Guesses = 24;

    [Fact]
    [Trait("Category", "Long")]
    public async Task A_guess_that_was_counted_before_the_power_went_stays_spent()
    {
        using var folder = new TempFolder();
        var (port, unanswered, countedUnanswered) = (0, 0, 0);
        // More of them where none of the first ones fell into the gap.
        for (var kill = 0; kill < Kills || (countedUnanswered == 0 && kill < 4 * Kills); kill++)
        {
            var subject = $"anna {kill}";
            using var slot = new TestRealmSlot(SystemRandom.Instance);
            var guesses = Enumerable.Range(0, Guesses).Select(_ => slot.Guess()).ToArray();
            bool[] answered;
            await using (var server =
                await ServerProcess.StartAsync(folder["data"], port, RealmSettings.WithoutWaitsOrEnd))
            {
                port = server.Address.Port;
                using var http = new HttpClient { BaseAddress = server.Address };
                var realm = await TestRealmClient.ConnectAsync(http, await server.TokenAsync(subject));
                Assert.Equal("ok", (await realm.RegisterAsync(slot)).Slug);
                // As long as it takes by itself is about when the kill must come to fall between the count and the
                // answer.
                var clock = Stopwatch.StartNew();
                Assert.Equal(Budget - 1, (await realm.GuessAsync(guesses[0])).GuessesLeft);
                var usual = clock.Elapsed;
                var asking = guesses[1..].Select(g => WasAnsweredAsync(realm.GuessAsync(g))).ToArray();
                await Task.Delay(usual * (RandomNumberGenerator.GetInt32(10, 300) / 100.0));
                await server.KillAsync();
                answered = [true, .. await Task.WhenAll(asking)];
            }

            await using var again =
                await ServerProcess.StartAsync(folder["data"], port, RealmSettings.WithoutWaitsOrEnd);
            using var after = new HttpClient { BaseAddress = again.Address };
            var later = await TestRealmClient.ConnectAsync(after, await again.TokenAsync(subject));
            var counted = Budget - (await later.StatusAsync(slot)).GuessesLeft;
            Assert.InRange(counted, answered.Count(a => a), Guesses);
            unanswered += answered.Count(a => !a);
            countedUnanswered += counted - answered.Count(a => a);

            // Counted before or not: each attempt ends up charged once.
            foreach (var guess in guesses) Assert.Equal("ok", (await later.GuessAsync(guess)).Slug);
            Assert.Equal(Budget - Guesses, (await later.StatusAsync(slot)).GuessesLeft);
            await again.StopAsync();
        }
        output.WriteLine($"{unanswered} guesses got no answer, {countedUnanswered} of them were counted");
        Assert.True(countedUnanswered > 0, "not one kill fell between a count and its answer: nothing was shown");
    }

    private static async Task<bool> WasAnsweredAsync(Task<TestRealmAnswer> asking)
    {
        try
        {
            return (await asking).Slug == "ok";
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
