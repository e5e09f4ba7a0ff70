using System.Collections.Concurrent;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>
/// Races by the batch: one erasure of many, and something beside each of them. It starts when a store is handed one
/// step of its account's erasure, or of one a few places before or after: by the order of writes and not by a clock.
/// Some are held to one side, so that both sides win on any machine: of sixteen, one ends between the plan of that step
/// and its write, and one begins when the erasure is done.
/// </summary>
internal sealed class RaceTrack : IAsyncDisposable
{
    public const int Batch = 64;

    private const int HeldEach = 16;

    private readonly Random _order = new(31);
    private readonly ConcurrentDictionary<(RaceStep Step, RowKey Row), int> _places = new();
    private ILookup<int, Racer> _starts = Array.Empty<Racer>().ToLookup(_ => 0);
    private Racer[] _racers = [];
    private RaceStep _step;
    private int _number;
    private long _clock;

    public TestService Server { get; private set; } = null!;

    public TestRandom Random { get; } = new(29);

    /// <summary>Hears of each racer whose key is about to end.</summary>
    public Func<Racer, Task>? BeforeEnd { get; set; }

    public static async Task<RaceTrack> OpenAsync()
    {
        var track = new RaceTrack();
        var folder = Directory.CreateTempSubdirectory("keyrecovery-service-").FullName;
        if (Directory.Exists("/dev/shm"))
        {
            // Who is first does not hang on how long a disk takes.
            Directory.Delete(folder);
            folder = Path.Combine("/dev/shm", Path.GetFileName(folder));
        }

        track.Server = await TestService.OpenAsync(
            folder, SystemRandom.Instance, store => new HeldKeyStore(store) { BeforeWrite = track.HearAsync },
            betweenData: store => new HeldDataStore(store, track.HearAsync));
        return track;
    }

    /// <summary>Tells two moments apart: of two, the later has the greater number.</summary>
    public long Tick() => Interlocked.Increment(ref _clock);

    /// <summary>Races one batch.</summary>
    /// <param name="prepare">Makes ready what a racer will do.</param>
    /// <param name="race">What it does; true where it came before the erasure.</param>
    /// <param name="step">By which step of the erasures they start.</param>
    /// <returns>The racers, with whether they came before.</returns>
    public async Task<IReadOnlyList<(Racer Racer, bool WasBefore)>> RaceAsync(
        Func<Racer, Task> prepare, Func<Racer, Task<bool>> race, RaceStep step)
    {
        var racers = new Racer[Batch];
        await Parallel.ForAsync(0, Batch, async (i, _) =>
        {
            racers[i] = new Racer(
                new AppUser(TestAccount.DefaultApp, "issuer", $"racer {Interlocked.Increment(ref _number)}"), Random);
            await racers[i].LiveAsync(Server);
            await prepare(racers[i]);
        });
        var running = racers.Select(racer => Task.Run(async () =>
        {
            await racer.Started;
            try
            {
                return (racer, await race(racer));
            }
            finally
            {
                racer.End();
            }
        })).ToList();
        await Server.FileErasuresAsync([.. racers.Select(r => r.User.Subject)]);
        _places.Clear();
        for (var i = 0; i < Batch; i++)
        {
            _places[(RaceStep.End, racers[i].KeyRow)] = i;
            _places[(RaceStep.Fence, racers[i].Open.Rows.Account)] = i;
            _places[(RaceStep.Receipt, new RowKey(Table.Erasures, racers[i].KeyRow.Id))] = i;
        }

        _starts = racers.Select((racer, i) => (racer, i)).Where(r => r.i % HeldEach > 1)
            .ToLookup(r => Math.Clamp(r.i + _order.Next(-4, 3), 0, Batch - 1), r => r.racer);
        (_racers, _step) = (racers, step);
        var report = await Server.Service.Erasures.ResumeAsync(default);
        foreach (var racer in racers) racer.Start();
        var results = await Task.WhenAll(running);
        Assert.Equal((Batch, 0, null), (report.Erased, report.Pending, report.Problem));
        // What came behind the fences is ciphertext without a key, and is swept.
        await Server.Service.Sweeper.SweepAsync(TimeSpan.Zero, brake: false, default);
        foreach (var racer in racers) await racer.AssertGoneAsync(Server);
        return results;
    }

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();

    private async Task HearAsync(IReadOnlyList<RowWrite> writes)
    {
        foreach (var write in writes)
        {
            RaceStep? heard = write switch
            {
                RowWrite.Replace { Value: var value } when write.Key.Table == Table.KeyRows
                    && KeyRow.Decode(value).State == KeyRowState.Erased => RaceStep.End,
                RowWrite.Replace { Value: var value } when write.Key.Table == Table.Accounts
                    && KeyRecovery.Service.Rows.AccountFence.Is(new Row(write.Key, value, 1, 0)) => RaceStep.Fence,
                _ when write.Key.Table == Table.Erasures && writes.All(w => w.Key.Table != Table.KeyRows) =>
                    RaceStep.Receipt,
                _ => null,
            };
            if (heard is not { } step || !_places.TryGetValue((step, write.Key), out var place)) continue;
            if (step == RaceStep.Receipt) _racers[place].ReceiptAt = Tick();
            if (step == RaceStep.End && BeforeEnd is { } before) await before(_racers[place]);
            if (step != _step) continue;
            foreach (var racer in _starts[place]) racer.Start();
            if (place % HeldEach != 0) continue;
            _racers[place].Start();
            await _racers[place].Ended;
        }
    }
}
