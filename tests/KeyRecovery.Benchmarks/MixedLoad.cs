using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Benchmarks;

/// <summary>Commits and guesses of a few clients, first while nothing else goes on, then beside something.</summary>
internal sealed class MixedLoad
{
    private const int ContentBytes = 2048;

    private readonly Uri _server;
    private readonly List<List<byte[]>> _commits = [];
    private readonly Queue<List<IReadOnlyList<byte[]>>> _guesses = [];
    private readonly int _each;
    private (double Commits, double Guesses) _idle, _beside;

    private MixedLoad(Uri server, int each) => (_server, _each) = (server, each);

    /// <summary>Makes the accounts, the slots, and all requests.</summary>
    public static async Task<MixedLoad> PrepareAsync(ServerProcess server, int clients, int each)
    {
        var load = new MixedLoad(server.Address, each);
        for (var i = 0; i < clients; i++)
        {
            using var device = await PreparedDevice.CreateAsync(server, $"writer {i}");
            load._commits.Add(device.Commits((2 * each) + (each / 3), ContentBytes));
        }
        foreach (var phase in new[] { "warm", "idle", "beside" })
        {
            var guesses = new List<IReadOnlyList<byte[]>>();
            for (var i = 0; i < clients; i++)
                guesses.Add(await RealmBenchmark.PrepareAsync(server, $"{phase} guesser {i}"));
            load._guesses.Enqueue(guesses);
        }
        return load;
    }

    /// <summary>Warms the server up and measures it alone.</summary>
    public async Task IdleAsync()
    {
        await CommitsAsync(0, _each / 3);
        await GuessAsync();
        _idle = (await CommitsAsync(_each / 3, _each), await GuessAsync());
    }

    /// <summary>Measures commits beside something.</summary>
    public async Task CommitsAsync() => _beside.Commits = await CommitsAsync(_each + (_each / 3), _each);

    /// <summary>Measures guesses beside something.</summary>
    public async Task GuessesAsync() => _beside.Guesses = await GuessAsync();

    public void Tell(Report report, string what)
    {
        report.Figure($"p99 of commits, {_commits.Count} clients, idle", _idle.Commits, "ms");
        report.Figure($"p99 of commits during {what}", _beside.Commits, "ms");
        report.AtMost($"p99 of commits during {what.Split(' ')[0]} / idle", _beside.Commits / _idle.Commits, "", 3);
        report.Figure($"p99 of guesses, {_commits.Count} clients, idle", _idle.Guesses, "ms");
        report.Figure($"p99 of guesses during {what}", _beside.Guesses, "ms");
        report.AtMost($"p99 of guesses during {what.Split(' ')[0]} / idle", _beside.Guesses / _idle.Guesses, "", 3);
    }

    private Task<double> CommitsAsync(int from, int count) =>
        LoadTool.P99Async(_server, _commits.ConvertAll(c => (IReadOnlyList<byte[]>)c.GetRange(from, count)), 200);

    private Task<double> GuessAsync() => LoadTool.P99Async(_server, _guesses.Dequeue(), 200);
}
