using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using Xunit.Abstractions;

namespace KeyRecovery.Client.Tests.Logs;

/// <summary>
/// Real servers that stand still in the log's work (SIGSTOP) and go on, or die there (SIGKILL): exactly one leaf for
/// each committed change, none for one that was not, and those of an account in their order.
/// </summary>
public sealed class KilledLogTests(ITestOutputHelper output)
{
    // Servers that know nothing of each other, for the sake of time.
    private const int Worlds = 2;
    private const int Users = 3;

    // A server that stands where fewest have died so far dies there; after so many it dies wherever it is.
    private const int MostFreezes = 3;
    private static readonly int Kills = Rounds.Of(all: 500, ordinary: 12);

    [Fact]
    [Trait("Category", "Long")]
    [Trait("Category", "Rounds")]
    public async Task At_any_moment_of_its_work()
    {
        var worlds = Enumerable.Range(0, Worlds).Select(_ => new World()).ToList();
        try
        {
            await Task.WhenAll(worlds.Select(world => world.LiveAsync(Kills / Worlds)));
            var died = worlds.SelectMany(world => world.Died).CountBy(step => step).ToDictionary();
            var stood = worlds.SelectMany(world => world.Stood).CountBy(step => step).ToDictionary();
            foreach (var step in Enum.GetValues<LogStep>())
                output.WriteLine($"{step}: {died.GetValueOrDefault(step)} died, {stood.GetValueOrDefault(step)} stood");
            output.WriteLine(
                $"{worlds.Sum(w => w.Died.Count)} kills, {worlds.Sum(w => w.Stood.Count)} freezes; of "
                + $"{worlds.Sum(w => w.Asked)} changes {worlds.Sum(w => w.Acknowledged)} acknowledged, "
                + $"{worlds.Sum(w => w.Leaves)} leaves");
            Assert.Equal(Kills, died.Values.Sum());
            Assert.True(
                died.Where(step => step.Key > LogStep.BeforeHead).Sum(step => step.Value) >= Kills / 10,
                "servers died in the midst of a pass");
        }
        finally
        {
            foreach (var world in worlds) world.Dispose();
        }
    }

    private sealed class World : IDisposable
    {
        private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

        private readonly TempFolder _folder = new();
        private readonly List<User> _users = [];

        public List<LogStep> Died { get; } = [];

        public List<LogStep> Stood { get; } = [];

        public int Leaves { get; private set; }

        public int Asked => _users.Sum(user => user.Asked);

        public int Acknowledged => _users.Sum(user => user.Acknowledged);

        public async Task LiveAsync(int kills)
        {
            for (var kill = 0; kill < kills; kill++)
            {
                await using var server = await StartAsync();
                while (_users.Count < Users) _users.Add(await User.CreateAsync(server, $"user {_users.Count}"));
                using var stop = new CancellationTokenSource();
                var (before, users) = (Acknowledged, _users.ConvertAll(user => user.CommitAsync(stop.Token)));
                for (var end = DateTime.UtcNow + Longest; Acknowledged == before; await Task.Delay(1))
                    if (DateTime.UtcNow > end) throw new TimeoutException("no change is acknowledged");
                await DieAsync(server);
                await stop.CancelAsync();
                await Task.WhenAll(users);
            }

            await using (var last = await StartAsync()) await CompareAsync(last);
            var (exit, report) = await ServerProcess.RunVerbAsync(_folder["data"], "check", "--json");
            Assert.True(exit == 0, report);
        }

        public void Dispose()
        {
            foreach (var user in _users) user.Dispose();
            _folder.Dispose();
        }

        // Each listens where the system lets it, and stays the one that requests are signed for.
        private async Task<ServerProcess> StartAsync()
        {
            (string, string)[] settings =
            [
                ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"), ("Apps:0:Audience", "demo"),
                ("Apps:0:Policy:CommitsPerDay", "1000000"),
                .. _users.Take(1).Select(user => ("Authority", user.Authority)),
            ];
            var server = await ServerProcess.StartAsync(_folder["data"], 0, settings);
            foreach (var user in _users) user.Move(server.Address);
            return server;
        }

        private async Task DieAsync(ServerProcess server)
        {
            for (var freezes = 1; ; freezes++)
            {
                if (freezes == 1) await Task.Delay(RandomNumberGenerator.GetInt32(0, 400));
                else await Task.Run(AwaitHead);
                await server.FreezeAsync();
                var step = LogCensus.Of(_folder["data"]);
                if (freezes == MostFreezes || Enum.GetValues<LogStep>().MinBy(s => Died.Count(d => d == s)) == step)
                {
                    await server.KillAsync();
                    Died.Add(step);
                    return;
                }

                await Task.Delay(RandomNumberGenerator.GetInt32(0, 100));
                server.GoOn();
                Stood.Add(step);
            }
        }

        // The log gathers for 250 ms; with its head, which is the first step, the key store's file changes. The steps
        // behind it take from microseconds to milliseconds.
        private void AwaitHead()
        {
            var keys = Path.Combine(_folder["data"], "keys", "keys.db");
            var (before, watch) = (File.GetLastWriteTimeUtc(keys), Stopwatch.StartNew());
            while (File.GetLastWriteTimeUtc(keys) == before && watch.ElapsedMilliseconds < 400) Thread.Yield();
            var (found, within) = (watch.Elapsed, TimeSpan.FromMicroseconds(1 << RandomNumberGenerator.GetInt32(14)));
            while (watch.Elapsed < found + within) Thread.Yield();
        }

        // What an auditor sees of the log, and what each account tells of itself, are the same changes.
        private async Task CompareAsync(ServerProcess server)
        {
            var told = new List<ulong>();
            foreach (var user in _users) told.AddRange(await user.PlacesAsync());
            using var log = new PublicLog(new Uri(server.Address, "/audit"));
            Assert.True(SignedNote.TryParse((await log.GetAsync("checkpoint", default))!, out var note));
            Assert.True(Checkpoint.TryParse(note.Text, out var checkpoint));
            var leaves = new List<Hash256>();
            var walk = new LogWalk(log, checkpoint.Size)
            {
                Trees = [checkpoint], Leaf = (_, leaf) => leaves.Add(Hash256.Of(leaf.Encode())),
            };
            Assert.Null(await walk.FindFaultAsync(default));
            Assert.Distinct(leaves);
            Assert.Equal(Enumerable.Range(0, leaves.Count).Select(i => (ulong)i), told.Order());
            Leaves = leaves.Count;
        }
    }

    /// <summary>One account and its device, which follows the server to wherever it listens.</summary>
    private sealed class User(TestDevice device) : IDisposable
    {
        private readonly TestDevice _device = device;
        private VaultSession? _vault;

        public string Authority => _device.Server.Authority;

        public int Asked { get; private set; }

        public int Acknowledged { get; private set; }

        public static async Task<User> CreateAsync(ServerProcess server, string subject)
        {
            var user = new User(new TestDevice(server.Address, adjust: o => o with { Attempts = 1 }));
            user._vault = await user._device.CreateAsync(await server.TokenAsync(subject), null);
            return user;
        }

        public void Move(Uri address)
        {
            _device.Relay.BeforeAsync = request =>
            {
                request.Headers.Host = Authority;
                request.RequestUri = new Uri(address, request.RequestUri!.PathAndQuery);
                return Task.CompletedTask;
            };
        }

        /// <summary>Changes the account until the server dies.</summary>
        public async Task CommitAsync(CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                Asked++;
                var content = RandomNumberGenerator.GetBytes(100);
                var put = await _vault!.PutAsync($"item {Asked % 3}", content, CancellationToken.None);
                if (put is Result<ItemInfo>.Failed { Failure: ClientFailure.Transient }) return;
                TestDevice.Value(put);
                Acknowledged++;
                await Task.Delay(RandomNumberGenerator.GetInt32(0, 100), CancellationToken.None);
            }
        }

        /// <summary>Where in the log the account's changes are, one for each of its versions, in their order.</summary>
        public async Task<IEnumerable<ulong>> PlacesAsync()
        {
            _vault!.Dispose();
            _vault = await _device.OpenAsync();
            var proved = await LogWaits.ProvedAsync(_vault);
            var told = new List<ActivityEntry>(proved.Entries);
            for (var before = proved.Before; before is not null;)
            {
                var page = TestDevice.Value(await _vault.Log.ActivityAsync(before, 1000));
                told.AddRange(page.Entries);
                before = page.Before;
            }

            told.Reverse();
            Assert.All(told, entry => Assert.True(entry.IsProved));
            Assert.Equal(Enumerable.Range(1, (int)_vault.Version).Select(v => (ulong)v), told.Select(e => e.Version));
            Assert.InRange(told.Count, 1 + Acknowledged, 1 + Asked);
            var places = told.Select(entry => entry.Index!.Value).ToList();
            Assert.Equal(places.Order(), places);
            return places;
        }

        public void Dispose()
        {
            _vault?.Dispose();
            _device.Dispose();
        }
    }
}
