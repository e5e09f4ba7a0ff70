using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Needs;
using KeyRecovery.Testing.Stores.Cosmos;

namespace KeyRecovery.Storage.Tests.Cosmos;

/// <summary>
/// Each fault of the network at each kind of step, once and for good: no step is done twice, none that is done is said
/// not to be, and none that is not is said to be.
/// </summary>
public sealed class WriteFaultTests(CosmosFixture cosmos) : IClassFixture<CosmosFixture>, IAsyncLifetime
{
    private static readonly byte[] Before = [1];
    private static readonly byte[] After = [2];

    private readonly FaultyNetwork _network = new();
    private CosmosStorePair _pair = null!;
    private byte _last;

    public static TheoryData<string> Faults => [.. NetworkFault.All.Keys];

    /// <summary>Those that take no time.</summary>
    public static TheoryData<string> Told =>
        [.. NetworkFault.All.Keys.Where(name => !name.StartsWith("silence", StringComparison.Ordinal))];

    public async Task InitializeAsync()
    {
        var home = cosmos.Emulator.Home(
            $"test-{Guid.NewGuid():N}", SystemRandom.Instance, new ServerClock(TimeProvider.System), null,
            _network.Between, FaultyNetwork.Limits with { Attempt = TimeSpan.FromSeconds(1.5), Retries = 1 });
        await home.MigrateAsync();
        _pair = (CosmosStorePair)await home.OpenAsync();
    }

    public async Task DisposeAsync() => await _pair.DisposeAsync();

    private RowKey NextKey() => new(Table.KeyRows, new byte[] { ++_last });

    /// <summary>A step of each kind, ready to be done.</summary>
    private async Task<List<RowWrite>> StepsAsync()
    {
        var keys = Enumerable.Range(0, 7).Select(_ => NextKey()).ToList();
        var rows = new List<Row>();
        foreach (var key in keys.Skip(2).SkipLast(1))
        {
            Assert.IsType<WriteResult.Written>(
                await _pair.Keys.WriteAsync([new RowWrite.Ensure(key, Before)], default));
            rows.Add((await _pair.Keys.ReadAsync(key, default))!);
        }

        return
        [
            new RowWrite.Create(keys[0], After), new RowWrite.Ensure(keys[1], After),
            new RowWrite.Ensure(keys[2], After), new RowWrite.Replace(rows[1], After),
            new RowWrite.Delete(rows[2]), new RowWrite.Remove(keys[5]),
            new RowWrite.Import(new Row(keys[6], After, 3, 1)),
        ];
    }

    private async Task<WriteResult> WriteAsync(NetworkScript script, params RowWrite[] steps)
    {
        _network.Script = script;
        try
        {
            return await _pair.Keys.WriteAsync(steps, default);
        }
        finally
        {
            _network.Script = null;
        }
    }

    /// <summary>Whether a step is done, once; else nothing of it is.</summary>
    private async Task<bool> IsDoneAsync(RowWrite step)
    {
        var row = await _pair.Keys.ReadAsync(step.Key, default);
        if (step is RowWrite.Delete or RowWrite.Remove) return row is null;
        if (row is null || row.Value.Span.SequenceEqual(Before)) return false;
        Assert.Equal(After, row.Value.ToArray());
        Assert.Equal(step switch { RowWrite.Replace => 2, RowWrite.Import => 3, _ => 1 }, row.Version);
        return true;
    }

    private static bool IsConditional(RowWrite step) => step is not (RowWrite.Ensure or RowWrite.Remove);

    [NeedsTheory(Need.CosmosEmulator)]
    [MemberData(nameof(Faults))]
    public async Task A_fault_that_comes_once(string name)
    {
        var fault = NetworkFault.All[name];
        foreach (var step in await StepsAsync())
        {
            var result = await WriteAsync(new NetworkScript(fault, 1), step);
            WriteResult expected = (fault, step) switch
            {
                ({ Name: "403/1014" }, _) => new WriteResult.Unavailable(0, StoreFault.Full),
                ({ IsFinal: true }, _) => new WriteResult.Unavailable(0, StoreFault.Failed),
                // What it finds may be its own.
                ({ IsDone: true }, _) when IsConditional(step) => new WriteResult.Unavailable(0, StoreFault.Failed),
                _ => new WriteResult.Written(),
            };
            Assert.Equal((step, expected), (step, result));
            Assert.Equal((step, fault.IsDone || !fault.IsFinal), (step, await IsDoneAsync(step)));
        }
    }

    [NeedsTheory(Need.CosmosEmulator)]
    [MemberData(nameof(Faults))]
    public async Task A_fault_that_stays(string name)
    {
        var fault = NetworkFault.All[name];
        var reason = name switch
        {
            "429" or "449" => StoreFault.Busy, "403/1014" => StoreFault.Full, _ => StoreFault.Failed,
        };
        foreach (var step in await StepsAsync())
        {
            var result = await WriteAsync(new NetworkScript(fault, 1, isForGood: true), step);
            Assert.Equal((step, new WriteResult.Unavailable(0, reason)), (step, result));
            Assert.Equal((step, fault.IsDone), (step, await IsDoneAsync(step)));
        }
    }

    [NeedsTheory(Need.CosmosEmulator)]
    [MemberData(nameof(Told))]
    public async Task At_each_of_several_steps_those_before_it_are_done_and_those_behind_it_are_not(string name)
    {
        for (var at = 1; at <= 7; at++)
        {
            var steps = await StepsAsync();
            var result = await WriteAsync(new NetworkScript(NetworkFault.All[name], at, isForGood: true), [.. steps]);
            Assert.Equal(at - 1, Assert.IsType<WriteResult.Unavailable>(result).Index);
            for (var i = 0; i < steps.Count; i++)
                if (i != at - 1) Assert.Equal((at, i, i < at - 1), (at, i, await IsDoneAsync(steps[i])));
        }
    }

    /// <summary>A claim that is not done for certain must not follow one that may be.</summary>
    [NeedsFact(Need.CosmosEmulator)]
    public async Task What_is_busy_behind_a_lost_answer_may_be_done()
    {
        var step = new RowWrite.Create(NextKey(), After);
        var busy = new NetworkScript(NetworkFault.All["429"], 1, isForGood: true);
        // The first attempt is lost, all others are told that the account is busy.
        _network.Script = new NetworkScript(NetworkFault.All["reset, done"], 1, isForGood: false, busy);
        Assert.Equal(
            new WriteResult.Unavailable(0, StoreFault.Failed), await _pair.Keys.WriteAsync([step], default));
        _network.Script = null;
        Assert.True(await IsDoneAsync(step));
    }
}
