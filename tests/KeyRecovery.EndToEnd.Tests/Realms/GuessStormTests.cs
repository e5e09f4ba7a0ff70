using KeyRecovery.Protocol.Realms;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using KeyRecovery.Testing.Realms;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Realms;

/// <summary>The guess limit, against a thief of the token who guesses from everywhere at once.</summary>
public sealed class GuessStormTests(ITestOutputHelper output)
{
    private const int Clients = 4;
    private const int GuessesEach = 250;
    private const int Budget = 10;

    [NeedsFact(Need.Node)]
    public async Task Of_a_thousand_guesses_of_four_processes_ten_are_evaluated_and_then_nothing_ever()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["guesses"]);
        await using var server = await ServerProcess.StartAsync(folder["data"], 0, RealmSettings.WithoutWaits);
        using var http = new HttpClient { BaseAddress = server.Address };
        var token = await server.TokenAsync("anna");
        var realm = await TestRealmClient.ConnectAsync(http, token);
        using var slot = new TestRealmSlot(SystemRandom.Instance);
        Assert.Equal("ok", (await realm.RegisterAsync(slot)).Slug);

        var guesses = Enumerable.Range(0, Clients)
            .Select(_ => Enumerable.Range(0, GuessesEach).Select(_ => slot.Guess()).ToArray()).ToArray();
        var storms = await Task.WhenAll(
            guesses.Select((mine, client) => GuessStorm.StormAsync(server, token, folder[$"guesses/{client}"], mine)));

        var answers = storms.SelectMany(
            (answers, client) => answers.Select(a => (Guess: guesses[client][a.Index], a.Status, a.Body))).ToList();
        Assert.Equal(Clients * GuessesEach, answers.Count);
        var evaluated = answers.Where(a => a.Status == 200).ToList();
        output.WriteLine(string.Join(", ", answers.GroupBy(a => a.Status).Select(g => $"{g.Key}: {g.Count()}")));
        Assert.Equal(Budget, evaluated.Count);
        foreach (var (guess, _, body) in evaluated)
        {
            var (status, fault) = RealmStatus.Read(body, realm.Realm, slot.Id, guess.Body);
            Assert.Equal(RealmFault.None, fault);
            Assert.True(guess.Oprf.Verify(slot.Key.ShareKeys[0], status!.Evaluation!));
        }
        Assert.All(answers.Where(a => a.Status != 200), a => Assert.True(a.Status is 410 or 503, $"{a.Status}"));
        Assert.Equal(Clients * GuessesEach - Budget, answers.Count(a => a.Status == 410));

        // Not after a restart either, and not for the right passphrase.
        var port = server.Address.Port;
        await server.StopAsync();
        await using var again = await ServerProcess.StartAsync(folder["data"], port, RealmSettings.WithoutWaits);
        var later = await TestRealmClient.ConnectAsync(http, await again.TokenAsync("anna"));
        Assert.Equal("slot-locked", (await later.GuessAsync(slot.Guess("right"))).Slug);
        Assert.Equal("slot-exists", (await later.RegisterAsync(slot)).Slug);
    }
}
