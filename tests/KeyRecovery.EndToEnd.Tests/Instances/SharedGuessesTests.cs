using KeyRecovery.EndToEnd.Tests.Realms;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using KeyRecovery.Testing.Realms;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Instances;

/// <summary>The guess limit holds over all instances of a server together.</summary>
public sealed class SharedGuessesTests(ITestOutputHelper output)
{
    private const int Processes = 64;
    private const int Budget = 10;

    [NeedsFact(Need.CosmosEmulator, Need.Node)]
    [Trait("Category", "Long")]
    public async Task Of_64_processes_guesses_at_one_slot_through_three_instances_exactly_ten_are_evaluated()
    {
        await using var fleet = await InstanceFleet.OpenAsync(3, RealmSettings.WithoutWaits);
        await fleet.StartAllAsync();
        var token = await fleet[0].TokenAsync("anna");
        using var http = new HttpClient { BaseAddress = fleet[0].Address };
        var realm = await TestRealmClient.ConnectAsync(http, token);
        using var slot = new TestRealmSlot(SystemRandom.Instance);
        Assert.Equal("ok", (await realm.RegisterAsync(slot)).Slug);

        var guesses = Enumerable.Range(0, Processes).Select(_ => slot.Guess()).ToArray();
        using var folder = new TempFolder();
        var answers = await GuessStorm.TogetherAsync(
            [.. guesses.Select((guess, i) => (fleet[i % fleet.Count].Address, guess))], token, folder);
        output.WriteLine(string.Join(", ", answers.GroupBy(a => a.Status).Select(g => $"{g.Key}: {g.Count()}")));
        var evaluated = 0;
        foreach (var (guess, (status, body)) in guesses.Zip(answers))
        {
            // Whoever was told that it cannot be said now asks once more, and costs nothing more.
            Assert.True(status is 200 or 410 or 503, $"{status}");
            if (status == 410 || (status == 503 && (await realm.GuessAsync(guess)).Slug == "slot-locked")) continue;
            evaluated++;
            if (status == 503) continue;
            var (told, fault) = RealmStatus.Read(body, realm.Realm, slot.Id, guess.Body);
            Assert.Equal(RealmFault.None, fault);
            Assert.True(guess.Oprf.Verify(slot.Key.ShareKeys[0], told!.Evaluation!));
        }

        Assert.Equal(Budget, evaluated);
        foreach (var server in fleet.Running)
        {
            using var other = new HttpClient { BaseAddress = server.Address };
            var later = await TestRealmClient.ConnectAsync(other, token);
            Assert.Equal("slot-locked", (await later.GuessAsync(slot.Guess("right"))).Slug);
        }
    }
}
