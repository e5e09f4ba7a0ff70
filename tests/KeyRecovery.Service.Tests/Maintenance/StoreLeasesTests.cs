using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Maintenance;

/// <summary>Of several instances over one store one does a duty at a time, whatever befalls it.</summary>
public sealed class StoreLeasesTests : IAsyncLifetime
{
    private readonly TwoClocks _time = new(new DateTimeOffset(2026, 6, 1, 8, 0, 0, TimeSpan.Zero));
    private TestService _server = null!;
    private HeldKeyStore _held = null!;
    private StoreLeases _one = null!;
    private StoreLeases _two = null!;

    public async Task InitializeAsync()
    {
        _server = await TestService.OpenAsync();
        _held = new HeldKeyStore(_server.Keys);
        (_one, _two) = (Instance(_held), Instance(_server.Keys));
    }

    public async Task DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_duty_stays_with_its_holder_until_that_gives_it_up_and_the_next_has_it_at_once()
    {
        var (pass, end) = Begin(_one);
        Assert.False(await RunAsync(_two));
        end.SetResult();
        Assert.True(await pass);
        Assert.False(await RunAsync(_two));
        Assert.True(await RunAsync(_one));
        Assert.True(await _two.TryRunAsync(Duty.Rotation, _ => Task.CompletedTask, default));
        await _one.DisposeAsync();
        Assert.True(await RunAsync(_two));
    }

    [Fact]
    public async Task A_holder_that_works_writes_a_new_number_every_ten_seconds_and_an_idle_one_nothing()
    {
        var (pass, end) = Begin(_one);
        for (var number = 2UL; number < 9; number++)
        {
            Assert.False(await RunAsync(_two));
            _time.Advance(StoreLeases.Renewal - TimeSpan.FromSeconds(2));
            Assert.Equal(number - 1, (await RowAsync()).Number);
            // The clock goes on: the holder may be about to look at it, behind what it wrote last.
            await UntilAsync(async () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return (await RowAsync()).Number == number;
            });
        }

        end.SetResult();
        Assert.True(await pass);
        for (var i = 0; i < 3; i++) Assert.True(await RunAsync(_one));
        Assert.Equal(8UL, (await RowAsync()).Number);
    }

    [Fact]
    public async Task What_stands_unchanged_for_45_seconds_of_the_watchers_own_steady_clock_is_taken_over()
    {
        Assert.True(await RunAsync(_one));
        Assert.False(await RunAsync(_two));
        _time.Set(TimeSpan.FromDays(1));
        Assert.False(await RunAsync(_two));
        _time.Advance(StoreLeases.Expiry - TimeSpan.FromSeconds(1));
        Assert.False(await RunAsync(_two));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await RunAsync(_two));
        Assert.False(await RunAsync(_one));
        Assert.Equal(2UL, (await RowAsync()).Number);
    }

    [Fact]
    public async Task Who_looks_for_the_first_time_waits_however_long_the_row_has_stood()
    {
        Assert.True(await RunAsync(_one));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.False(await RunAsync(_two));
    }

    [Fact]
    public async Task Of_many_who_take_it_at_once_one_has_it()
    {
        var instances = Enumerable.Range(0, 8).Select(_ => Instance(_server.Keys)).ToList();
        Assert.True(await RunAsync(_one));
        foreach (var instance in instances) Assert.False(await RunAsync(instance));
        _time.Advance(StoreLeases.Expiry);
        var ran = await Task.WhenAll(instances.Select(i => Task.Run(() => RunAsync(i))));
        Assert.Single(ran, true);
        foreach (var instance in instances) await instance.DisposeAsync();
    }

    [Fact]
    public async Task Whoever_had_no_answer_finds_it_to_be_its_own()
    {
        var store = new StepwiseKeyStore(_server.Keys) { Script = StepScript.Of(StepFate.AnswerLost, 1) };
        await using var lost = Instance(store);
        Assert.False(await RunAsync(lost));
        Assert.False(await RunAsync(_two));
        Assert.True(await RunAsync(lost));
        Assert.Equal(2UL, (await RowAsync()).Number);
    }

    [Fact]
    public async Task A_frozen_holder_that_comes_back_finds_its_pass_cancelled()
    {
        var script = StepScript.Of(StepFate.Frozen, 2);
        var store = new StepwiseKeyStore(_server.Keys) { Script = script };
        await using var frozen = Instance(store);
        var (pass, _) = Begin(frozen);
        _time.Advance(StoreLeases.Renewal);
        await script.Frozen.Task.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.False(await RunAsync(_two));
        _time.Advance(StoreLeases.Expiry);
        Assert.True(await RunAsync(_two));
        script.Thaw();
        await UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(pass.IsCompleted);
        });
        Assert.False(await pass);
        Assert.True(await RunAsync(_two));
    }

    [Fact]
    public async Task A_store_that_does_not_answer_lets_nobody_begin_and_ends_a_pass_that_others_may_have_taken_over()
    {
        _held.InsteadOfWrite = _ => new WriteResult.Unavailable(0, StoreFault.Failed);
        Assert.False(await RunAsync(_one));
        _held.InsteadOfWrite = null;
        _held.BeforeRead = _ => throw new StoreUnavailableException("gone");
        Assert.False(await RunAsync(_one));
        _held.BeforeRead = null;

        var (pass, _) = Begin(_one);
        _held.BeforeRead = _ => throw new StoreUnavailableException("gone");
        var waited = TimeSpan.Zero;
        await UntilAsync(() =>
        {
            if (!pass.IsCompleted) _time.Advance(TimeSpan.FromSeconds(1));
            waited += TimeSpan.FromSeconds(1);
            return Task.FromResult(pass.IsCompleted);
        });
        Assert.False(await pass);
        Assert.True(waited >= StoreLeases.Expiry);
        _held.BeforeRead = null;
        Assert.True(await RunAsync(_one));
    }

    [Fact]
    public async Task A_pass_that_failed_or_was_stopped_leaves_the_duty_to_others()
    {
        await Assert.ThrowsAsync<IOException>(
            () => _one.TryRunAsync(Duty.Log, _ => throw new IOException(), default).AsTask());
        Assert.True(await RunAsync(_two));
        await _two.DisposeAsync();
        using var stop = new CancellationTokenSource();
        var (pass, _) = Begin(_one, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pass);
        Assert.True(await RunAsync(_two));
    }

    [Fact]
    public async Task A_row_that_nobody_can_read_is_nobodys()
    {
        var place = StoreLeases.PlaceOf(Duty.Log);
        await _server.Keys.WriteAsync([new RowWrite.Create(place, new byte[] { 1, 2, 3 })], default);
        Assert.True(await RunAsync(_one));
        Assert.False(await RunAsync(_two));
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var i = 0; !await holds(); i++)
        {
            Assert.True(i < 2_000);
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    private static async Task<bool> RunAsync(StoreLeases instance) =>
        await instance.TryRunAsync(Duty.Log, _ => Task.CompletedTask, default);

    // A pass that has begun, and what ends it.
    private static (Task<bool> Pass, TaskCompletionSource End) Begin(
        StoreLeases instance, CancellationToken stop = default)
    {
        var (begun, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        var pass = instance.TryRunAsync(
            Duty.Log,
            async ct =>
            {
                begun.SetResult();
                await end.Task.WaitAsync(ct);
            }, stop).AsTask();
        Assert.True(begun.Task.Wait(TimeSpan.FromMinutes(1)));
        return (pass, end);
    }

    private StoreLeases Instance(IKeyStore keys) => new(keys, SystemRandom.Instance, _time);

    private async Task<LeaseRow> RowAsync() =>
        LeaseRow.Of(await _server.Keys.ReadAsync(StoreLeases.PlaceOf(Duty.Log), default));
}
