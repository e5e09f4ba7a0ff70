using System.Security.Cryptography;
using KeyRecovery.EndToEnd.Tests.Rotation;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Backups;

/// <summary>
/// SIGKILL at any moment of a backup and of a restore: no half set passes for a whole one, and a restore goes on.
/// </summary>
public sealed class KilledBackupTests(ITestOutputHelper output)
{
    // More, up to this, only where none fell into what it is to cut short.
    private const int Most = 140;
    private static readonly int BackupKills = Rounds.Of(35, 5);
    private static readonly int RestoreKills = Rounds.Of(45, 6);

    [Fact]
    [Trait("Category", "Long")]
    [Trait("Category", "Rounds")]
    public async Task Killed_while_it_backs_up_a_server_leaves_whole_sets_and_nothing_that_looks_like_one()
    {
        using var site = await Site.MakeAsync();
        using var people = new People();
        var person = people.Add();
        await using (var first = await site.StartAsync()) await People.LiveAsync(first, person);
        var cutShort = 0;
        for (var kill = 0; kill < BackupKills || (cutShort == 0 && kill < Most); kill++)
        {
            await using var server = await site.StartAsync();
            var asked = Task.Run(() => TryBackUpAsync(site));
            await Task.Delay(RandomNumberGenerator.GetInt32(0, 120));
            await server.KillAsync();
            if (!await asked) cutShort++;
        }

        // One that ends takes away what the others have left.
        var last = await site.BackupAsync();
        Assert.Empty(Directory.GetDirectories(site.Sets, "*.partial"));
        var sets = Directory.GetDirectories(site.Sets);
        output.WriteLine($"{cutShort} were cut short; {sets.Length} sets");
        Assert.True(cutShort > 0, "no kill fell into a backup");
        Assert.Contains(last, sets);
        foreach (var set in sets)
        {
            // Each has all that it needs on a machine that has lost everything.
            foreach (var place in new[] { "stores", "keys", "ring" }) site.Lose(place);
            var (exit, report) = await site.RestoreAsync(set, ["--part", "all", .. site.Opened(set)]);
            Assert.True(exit == 0, report.GetRawText());
            Assert.Equal(1, report.GetProperty("joined").GetProperty("accounts").GetInt32());
        }
    }

    [Fact]
    [Trait("Category", "Long")]
    [Trait("Category", "Rounds")]
    public async Task Killed_at_any_moment_a_restore_is_run_again_and_loses_nobody_and_brings_nobody_back()
    {
        using var site = await Site.MakeAsync();
        using var people = new People();
        var (kept, gone) = (new[] { people.Add(), people.Add(), people.Add() }, people.Add());
        int port;
        string set;
        await using (var server = await site.StartAsync())
        {
            port = server.Address.Port;
            foreach (var person in kept.Append(gone)) await People.LiveAsync(server, person);
            set = await site.BackupAsync();
            await People.EraseAsync(server, gone);
            await server.StopAsync();
        }

        var states = new Dictionary<string, int>();
        for (var kill = 0; kill < RestoreKills || (kill < Most && states.Keys.All(s => s == "none")); kill++)
        {
            var (part, lost) = (kill % 3) switch
            {
                0 => ("data", new[] { "stores" }),
                1 => ("keys", ["keys"]),
                _ => ("all", ["stores", "keys", "ring"]),
            };
            foreach (var place in lost) site.Lose(place);
            string[] opened = part == "data" ? [] : site.Opened(set);
            string[] asked =
                ["restore", "--from", set, "--part", part, .. opened,
                    .. site.Settings.SelectMany(s => new[] { $"--KeyRecovery:{s.Item1}", s.Item2 })];
            var marker = Path.Combine(site.Data, "stores", "restore");
            using (var process = ServerProcess.StartVerb(site.Data, asked))
            {
                // Soon after it has begun, which is as late as the machine is slow; or at any moment.
                while (kill % 2 == 0 && !File.Exists(marker) && !process.HasExited) await Task.Delay(1);
                await Task.Delay(kill % 2 == 0
                    ? RandomNumberGenerator.GetInt32(0, 150) : RandomNumberGenerator.GetInt32(150, 800));
                process.Kill();
                await process.WaitForExitAsync();
            }

            var state = File.Exists(marker) ? (await File.ReadAllTextAsync(marker)).Split(' ')[^1].Trim() : "none";
            states[state] = states.GetValueOrDefault(state) + 1;
            // Nobody is served by what is half restored.
            if (state != "none")
                Assert.Contains("was begun here and has not ended", (await site.VerbAsync("check")).Output,
                    StringComparison.Ordinal);

            var (exit, report) = await site.RestoreAsync(set,
                ["--part", part, .. opened, .. state == "none" && part == "data"
                    ? ["--replace"] : Array.Empty<string>()]);
            // Or it had ended before the kill.
            var isThere = state == "none" && part != "data" && report.GetProperty("outcome").GetString() == "refused";
            if (isThere)
                Assert.Contains(
                    "--replace moves it aside", report.GetProperty("problem").GetString(), StringComparison.Ordinal);
            else Assert.True(exit == 0, report.GetRawText());
            if (kill % 5 != 4) continue;
            await using var server = await site.StartAsync(port);
            foreach (var person in kept)
            {
                using var vault = await person.Device.OpenAsync();
                Assert.Equal(person.Content, TestDevice.Value(await vault.GetAsync("item")));
            }

            Assert.IsType<ClientFailure.Erased>(TestDevice.Failure(await gone.Device.Client.OpenAsync()));
            await server.StopAsync();
        }

        output.WriteLine(string.Join(", ", states.Select(state => $"{state.Key}: {state.Value}")));
        Assert.True(states.Keys.Except(["none"]).Any(), "no kill fell into a restore");
        // Keys that are older than the published log are told of until a start has taken that over.
        await using (var server = await site.StartAsync(port)) await server.StopAsync();
        var (sound, check) = await site.VerbAsync("check");
        Assert.True(sound == 0, check);
    }

    private static async Task<bool> TryBackUpAsync(Site site)
    {
        try
        {
            var answer = await Control.AskAsync(
                Path.Combine(site.Data, "ring"), $"{{\"verb\":\"backup\",\"to\":\"{site.Sets}\"}}");
            return answer.Contains("\"outcome\":\"done\"", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or IOException)
        {
            return false;
        }
    }
}
