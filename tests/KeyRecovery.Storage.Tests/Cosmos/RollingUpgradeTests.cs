using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos;
using KeyRecovery.Storage.Cosmos.Opening;
using KeyRecovery.Storage.Cosmos.Options;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Needs;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Storage.Tests.Cosmos;

/// <summary>
/// A made-up next version, with a table of its own and another format of a value, comes among instances of this one:
/// nothing is lost while both run, nobody writes what another does not read, and there is a way back until the step is
/// finished.
/// </summary>
public sealed class RollingUpgradeTests(CosmosFixture cosmos) : IClassFixture<CosmosFixture>
{
    private static readonly int Now = TableRegistry.Default.SchemaOf(StoreKind.Keys);
    private static readonly Table Pins = Table.Of(200, "pins", StoreKind.Keys, RowsOf.Server, Now + 1);
    private static readonly TableRegistry Next = TableRegistry.Default.With(Pins);
    private static readonly RowKey Count = new(Table.LogHeads, "count"u8.ToArray());
    private static readonly RowKey Pin = new(Pins, "pin"u8.ToArray());
    private static readonly TimeSpan AllGone = PairWatch.AllGone(new CosmosAccountOptions
    {
        Endpoint = new Uri("https://here"), Database = "any", Requests = new RequestLimits { Budget = TimeSpan.Zero },
    });

    private readonly string _name = $"test-{Guid.NewGuid():N}";

    [NeedsFact(Need.CosmosEmulator)]
    public async Task Both_versions_run_beside_one_another_and_the_older_ones_go_when_the_step_is_finished()
    {
        await Old(new()).MigrateAsync();
        var (first, second, third) = (new PassedTime(), new PassedTime(), new PassedTime());
        await using var old = await Old(first).OpenAsync();
        await using var frozen = await Old(second).OpenAsync();
        await old.Keys.WriteAsync([new RowWrite.Create(Count, new byte[] { 1, 0 })], default);

        // Instances first: the new one says what it waits for.
        var refusal = await Assert.ThrowsAsync<StoreOpenException>(() => New(third).OpenAsync());
        Assert.Contains("run migrate", refusal.Message, StringComparison.Ordinal);
        // Begun: whoever runs goes on, and also starts anew.
        await New(new()).MigrateAsync();
        first.Pass(PairWatch.LookEvery);
        await using (await Old(new()).OpenAsync()) { }
        await Old(new()).MigrateAsync();
        await using var @new = await New(third).OpenAsync();
        Assert.Equal(new StoreSchema(Now + 1, Now, Now), @new.SchemaOf(StoreKind.Keys));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => @new.Keys.WriteAsync([new RowWrite.Create(Pin, default)], default).AsTask());
        var counted = (await Task.WhenAll(new[] { old, frozen, @new }.Select(CountAsync))).Sum();
        Assert.Equal((1, counted), await ReadAsync(@new));

        // The step is finished in spite of one that stands still, and waits for as long as that may still write.
        var operators = new PassedTime();
        var finishing = New(operators).MigrateAsync(Migration.Finish);
        while (operators.Waiting == 0) await Task.Delay(10);
        first.Pass(PairWatch.LookEvery);
        Assert.Contains($"schema {Now + 1}", await old.Closed, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => old.Keys.ReadAsync(Count, default).AsTask());
        await Assert.ThrowsAsync<StoreUnavailableException>(() => CountAsync(old));
        refusal = await Assert.ThrowsAsync<StoreOpenException>(() => Old(new()).OpenAsync());
        Assert.Contains($"schema {Now + 1}, this one knows {Now}", refusal.Message, StringComparison.Ordinal);
        second.Pass(PairWatch.StaleAfter - TimeSpan.FromSeconds(1), ticks: false);
        third.Pass(PairWatch.LookEvery);
        counted += await CountAsync(frozen) + await CountAsync(@new);
        Assert.Equal((1, counted), await ReadAsync(@new));
        Assert.False(finishing.IsCompleted);
        operators.Pass(AllGone + EmulatedBudget);
        await finishing;
        // It wakes up behind the step: not one write more.
        second.Pass(TimeSpan.FromSeconds(2), ticks: false);
        Assert.IsType<WriteResult.Unavailable>(
            await frozen.Keys.WriteAsync([new RowWrite.Ensure(Count, new byte[] { 1, 0 })], default));
        Assert.True(frozen.Closed.IsCompleted);

        third.Pass(PairWatch.LookEvery);
        while (@new.SchemaOf(StoreKind.Keys).Written == Now) await Task.Delay(10);
        await @new.Keys.WriteAsync([new RowWrite.Create(Pin, new byte[] { 7 })], default);
        counted += await CountAsync(@new);
        Assert.Equal((2, counted), await ReadAsync(@new));
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task Until_the_step_is_finished_there_is_a_way_back()
    {
        await Old(new()).MigrateAsync();
        await New(new()).MigrateAsync();
        await using (var @new = await New(new()).OpenAsync())
        {
            await @new.Keys.WriteAsync([new RowWrite.Create(Count, new byte[] { 1, 0 })], default);
            await CountAsync(@new);
        }

        await using var old = await Old(new()).OpenAsync();
        await CountAsync(old);
        Assert.Equal((1, 40), await ReadAsync(old));
        Assert.True((await old.CheckAsync()).IsSound);
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task A_step_that_was_cut_short_while_it_waited_is_finished_by_the_next_that_waits_in_full()
    {
        await Old(new()).MigrateAsync();
        var time = new PassedTime();
        using var cut = new CancellationTokenSource();
        var first = New(time).MigrateAsync(Migration.Finish, cut.Token);
        while (time.Waiting == 0) await Task.Delay(10);
        await cut.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await using (var pair = await New(new()).OpenAsync())
            Assert.Equal(new StoreSchema(Now + 1, Now + 1, Now), pair.SchemaOf(StoreKind.Keys));
        time = new PassedTime();
        var second = New(time).MigrateAsync(Migration.Finish);
        while (time.Waiting == 0) await Task.Delay(10);
        time.Pass(AllGone + EmulatedBudget);
        await second;
        // Once more there is nothing to wait for.
        await New(new()).MigrateAsync(Migration.Finish);
        await using (var pair = await New(new()).OpenAsync())
            Assert.Equal(StoreSchema.Of(Now + 1), pair.SchemaOf(StoreKind.Keys));
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task A_version_that_runs_beside_no_other_sends_them_away_first()
    {
        await Old(new()).MigrateAsync();
        var time = new PassedTime();
        await using var old = await Old(time).OpenAsync();
        var alone = Home(Next, new());
        await alone.MigrateAsync();
        var refusal = await Assert.ThrowsAsync<StoreOpenException>(() => alone.OpenAsync());
        Assert.Contains("migrate --finish", refusal.Message, StringComparison.Ordinal);
        time.Pass(PairWatch.LookEvery);
        Assert.Contains("newer version", await old.Closed, StringComparison.Ordinal);
        await alone.MigrateAsync(Migration.Whole);
        await using (await alone.OpenAsync()) { }
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task Who_cannot_look_writes_nothing_until_it_can()
    {
        await Old(new()).MigrateAsync();
        var (time, isDown) = (new PassedTime(), false);
        await using var pair = await Home(
            TableRegistry.Default, time, next => new NoPair(next, () => isDown)).OpenAsync();
        isDown = true;
        time.Pass(PairWatch.StaleAfter - TimeSpan.FromSeconds(1));
        Assert.IsType<WriteResult.Written>(await pair.Keys.WriteAsync([new RowWrite.Ensure(Count, default)], default));
        time.Pass(TimeSpan.FromSeconds(2));
        Assert.IsType<WriteResult.Unavailable>(
            await pair.Keys.WriteAsync([new RowWrite.Ensure(Count, new byte[] { 9 })], default));
        Assert.Empty((await pair.Keys.ReadAsync(Count, default))!.Value.ToArray());
        isDown = false;
        Assert.IsType<WriteResult.Written>(await pair.Keys.WriteAsync([new RowWrite.Ensure(Count, default)], default));
        Assert.False(pair.Closed.IsCompleted);
    }

    private static TimeSpan EmulatedBudget => Testing.Stores.Cosmos.EmulatedCosmos.Patient.Budget;

    private CosmosStoreHome Old(PassedTime time) => Home(TableRegistry.Default, time);

    private CosmosStoreHome New(PassedTime time) => Home(Next.Beside(Now), time);

    private CosmosStoreHome Home(
        TableRegistry tables, PassedTime time, Func<HttpMessageHandler, HttpMessageHandler>? between = null)
    {
        return new(
            Account(StoreKind.Data), Account(StoreKind.Keys), SystemRandom.Instance,
            new ServerClock(TimeProvider.System), NullLoggerFactory.Instance, tables);

        CosmosAccountOptions Account(StoreKind kind) =>
            cosmos.Emulator.Account(kind, _name, between) with { Watch = time };
    }

    // Counts to twenty, beside others who do: [format, how many]. The format is the newest that may be written.
    private static async Task<int> CountAsync(IStoreSet pair)
    {
        for (var done = 0; done < 20;)
        {
            var row = (await pair.Keys.ReadAsync(Count, default))!;
            var format = (byte)(pair.SchemaOf(StoreKind.Keys).Written > Now ? 2 : 1);
            var next = new[] { format, (byte)(row.Value.Span[1] + 1) };
            switch (await pair.Keys.WriteAsync([new RowWrite.Replace(row, next)], default))
            {
                case WriteResult.Written: done++; break;
                case WriteResult.Unavailable: throw new StoreUnavailableException(StoreFault.Failed, "closed");
            }
        }

        return 20;
    }

    private static async Task<(int Format, int Count)> ReadAsync(IStoreSet pair)
    {
        var value = (await pair.Keys.ReadAsync(Count, default))!.Value;
        return (value.Span[0], value.Span[1]);
    }

    // What stands still: a clock, and its timers with it.
    private sealed class PassedTime : TimeProvider
    {
        private readonly List<Due> _timers = [];
        private TimeSpan _since = TimeSpan.FromDays(20_000);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        // Those that are due once.
        public int Waiting { get { lock (_timers) return _timers.Count(timer => timer.Period <= TimeSpan.Zero); } }

        public override long GetTimestamp() => _since.Ticks;

        public void Pass(TimeSpan time, bool ticks = true)
        {
            _since += time;
            Due[] due;
            lock (_timers) due = ticks ? [.. _timers.Where(timer => timer.At <= _since)] : [];
            foreach (var timer in due) timer.Callback(timer.State);
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var due = new Due(this, callback, state, _since + dueTime, period);
            lock (_timers) _timers.Add(due);
            return due;
        }

        private sealed record Due(
            PassedTime Of, TimerCallback Callback, object? State, TimeSpan At, TimeSpan Period) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
                lock (Of._timers) Of._timers.Remove(this);
            }

            public ValueTask DisposeAsync()
            {
                Dispose();
                return default;
            }
        }
    }

    // An account that answers all but what the pair is.
    private sealed class NoPair(HttpMessageHandler next, Func<bool> isDown) : DelegatingHandler(next)
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) =>
            isDown() && request.RequestUri!.AbsolutePath.EndsWith("/docs/pair", StringComparison.Ordinal)
                ? Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.Unauthorized))
                : base.SendAsync(request, cancellationToken);
    }
}
