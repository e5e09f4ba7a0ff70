using KeyRecovery.EndToEnd.Tests.Realms;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using System.Diagnostics;
using System.Security.Cryptography;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Erasure;

/// <summary>
/// SIGKILL at every step of erasures in bulk, of single ones and of what a start resumes: an account is whole or
/// answers 410, never in between, and has one receipt for ever.
/// </summary>
public sealed class KilledErasureTests(ITestOutputHelper output)
{
    private const int Group = 8;
    private static readonly int KillsEach = Rounds.Of(36, 6);

    // More only where a step was missed.
    private static readonly int MostEach = KillsEach + 24;

    // A hold of nothing: what a device asks for is written down with the key's end, and a kill before it leaves
    // nothing.
    private static readonly (string, string)[] AtOnce =
        [.. RealmSettings.App, ("Apps:0:Policy:Erasure:HoldHours", "0")];

    private enum Way
    {
        Bulk,
        Single,
        Start,
    }

    [Fact]
    [Trait("Category", "Long")]
    [Trait("Category", "Rounds")]
    public async Task Kills_at_every_step_leave_each_account_whole_or_gone_with_one_receipt()
    {
        // Two servers that know nothing of each other, for the sake of time.
        var lives = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => new World().LiveAsync()));
        var seen = lives.SelectMany(l => l).ToList();
        output.WriteLine(
            $"{seen.Count} kills: {string.Join("; ", Steps(seen))}; all rows gone: "
            + $"{seen.Count(c => c is { WithRows: 0, Unlisted: 0, WithLookups: > 0 })}");
        Assert.True(seen.Count >= 2 * KillsEach);
        Assert.All(Steps(seen), step => Assert.True(step.Kills > 0, $"no kill fell at: {step.Step}"));
    }

    private static (string Step, int Kills)[] Steps(IReadOnlyList<ErasureCensus> seen) =>
    [
        ("destroyed, not listed", seen.Count(c => c.Unlisted > 0)),
        ("rows left", seen.Count(c => c.WithRows > 0)),
        ("rows gone, no receipt", seen.Count(c => c.WithLookups > c.WithRows)),
        ("between erasures", seen.Count(c => c.WithLookups == 0)),
    ];

    private sealed class World
    {
        private readonly TempFolder _folder = new();
        private readonly Dictionary<Person, byte[]> _gone = [];
        private readonly HashSet<Person> _asked = [];
        private readonly List<List<Person>> _jobs = [];
        private readonly Dictionary<string, byte[]> _keys = [];
        private IReadOnlyList<Person> _kept = [];
        private TimeSpan _start;

        // How long the list is of those whose keys are destroyed.
        private long Listed =>
            new FileInfo(Path.Combine(_folder["data"], "fence", "tombstones")) is { Exists: true } list
                ? list.Length : 0;

        public async Task<List<ErasureCensus>> LiveAsync()
        {
            var seen = new List<ErasureCensus>();
            var ways = Enumerable.Range(0, MostEach).Select(kill => (Way)(kill % 3)).ToList();
            await using (var first = await ServerProcess.StartAsync(_folder["data"], 0, AtOnce))
                _kept = await PeopleAsync(first);

            foreach (var way in ways.TakeWhile((_, kill) => kill < KillsEach
                || Steps(seen).Any(step => step.Kills == 0)))
            {
                if (way == Way.Start)
                    await ServerProcess.KillWhileStartingAsync(
                        _folder["data"], _start * (0.4 + 0.7 * RandomNumberGenerator.GetInt32(1000) / 1000.0), AtOnce);
                else await LifeAsync(way);
                seen.Add(ErasureCensus.Of(_folder["data"]));
            }

            await using var last = await StartAsync();
            await CheckAsync(last);
            foreach (var job in _jobs) await Officer.EraseAsync(last, job.Select(p => p.Subject));
            await Parallel.ForEachAsync(_asked.Where(p => !_gone.ContainsKey(p)),
                async (person, _) => await AskAsync(person, TestDevice.Value(await person.At(last).OpenAsync())));
            await CheckAsync(last);
            Assert.Equal(_asked.Count, _gone.Count);
            Assert.Equal(
                _gone.Count, _gone.Values.Select(r => SignedErasureReceipt.Decode(r).Receipt.Id).Distinct().Count());
            foreach (var person in _kept)
                Assert.Equal(person.Content, Assert.IsType<Result<byte[]>.Ok>(await person.RecoverAsync(last)).Value);
            AssertNoRemnant(last);
            await last.StopAsync();
            AssertNoRemnant(last);
            var (exit, report) = await ServerProcess.RunVerbAsync(_folder["data"], "check");
            Assert.True(exit == 0, report);
            foreach (var person in _kept.Concat(_asked)) person.Dispose();
            _folder.Dispose();
            return seen;
        }

        // What a kill left in a journal was overwritten as well.
        private void AssertNoRemnant(ServerProcess server)
        {
            var still = WrappedKeys.Of(_folder["data"]);
            var scanner = new CanaryScanner(_keys.Where(key => !still.ContainsKey(key.Key)).Windows());
            var control = new CanaryScanner(still.Windows());
            Assert.Equal(
                (_keys.Count - _gone.Count, _gone.Count), (still.Count, _keys.Keys.Except(still.Keys).Count()));
            Assert.Empty(server.Files().SelectMany(scanner.ScanFile));
            Assert.NotEmpty(server.Files().SelectMany(control.ScanFile));
        }

        private async Task<IReadOnlyList<Person>> PeopleAsync(ServerProcess server)
        {
            var people = await Person.LiveAsync(server, Group, withShare: false);
            foreach (var (id, key) in WrappedKeys.Of(_folder["data"])) _keys.TryAdd(id, key);
            return people;
        }

        private async Task LifeAsync(Way way)
        {
            await using var server = await StartAsync();
            await CheckAsync(server);
            var victims = await PeopleAsync(server);
            _asked.UnionWith(victims);
            var listed = Listed;
            if (way == Way.Bulk)
            {
                _jobs.Add([.. victims]);
                await Officer.FileAsync(server, victims.Select(p => p.Subject));
                await MomentAsync(listed);
                await server.KillAsync();
                return;
            }

            var vaults = await Task.WhenAll(victims.Select(person => person.At(server).OpenAsync()));
            var asking = vaults.Select((vault, i) => AskAsync(victims[i], TestDevice.Value(vault))).ToList();
            await MomentAsync(listed);
            await server.KillAsync();
            await Task.WhenAll(asking);
        }

        // Soon after the request, or soon after keys are destroyed and listed: the list is what shows it from outside.
        // "Soon" is as slow as the machine is.
        private async Task MomentAsync(long listed)
        {
            var limit = DateTime.UtcNow.AddSeconds(30);
            if (RandomNumberGenerator.GetInt32(2) == 0)
                while (Listed == listed && DateTime.UtcNow < limit) await Task.Delay(1);

            await Task.Delay(_start * 0.08 * (RandomNumberGenerator.GetInt32(1000) / 1000.0));
        }

        private async Task<ServerProcess> StartAsync()
        {
            var began = Stopwatch.StartNew();
            var server = await ServerProcess.StartAsync(_folder["data"], 0, AtOnce);
            _start = began.Elapsed;
            return server;
        }

        private async Task AskAsync(Person person, VaultSession vault)
        {
            using (vault)
                if (await vault.RequestErasureAsync() is Result<ErasureStatus>.Ok(ErasureStatus.Erased(var receipt)))
                    Keep(person, receipt);
        }

        // Everybody: a server that listens has resumed before, so that what was begun is done.
        private Task CheckAsync(ServerProcess server) =>
            Parallel.ForEachAsync(_kept.Concat(_asked), async (person, ct) =>
            {
                using var client = person.At(server);
                switch (await client.OpenAsync(ct))
                {
                    case Result<VaultSession>.Ok(var vault):
                        using (vault)
                        {
                            lock (_gone) Assert.DoesNotContain(person, _gone.Keys);
                            Assert.Equal(person.Content,
                                TestDevice.Value(await vault.GetAsync(vault.Items.Single().Name, ct: ct)));
                        }

                        break;
                    case Result<VaultSession>.Failed(ClientFailure.Erased(var receipt)):
                        Assert.NotNull(receipt);
                        Assert.Contains(person, _asked);
                        Keep(person, receipt.Value);
                        break;
                    case var other:
                        Assert.Fail($"{other}");
                        break;
                }
            });

        // Once given, what it says never changes; the log's proof comes around it.
        private void Keep(Person person, ReadOnlyMemory<byte> receipt)
        {
            lock (_gone)
            {
                var statement = SignedErasureReceipt.Decode(receipt).Statement.ToArray();
                if (_gone.TryGetValue(person, out var before)) Assert.Equal(before, statement);
                else _gone[person] = statement;
            }
        }
    }
}
