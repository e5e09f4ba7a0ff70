using KeyRecovery.Api.Auth;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>When an issuer's keys are asked for, and for how long they count.</summary>
public sealed class FetchedKeysTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly List<string> _told = [];
    private readonly FetchedKeys _keys;
    private Func<CancellationToken, Task<IReadOnlyList<SecurityKey>>> _issuer = _ => Published();
    private int _fetches;

    public FetchedKeysTests() => _keys = new FetchedKeys(
        ct =>
        {
            Interlocked.Increment(ref _fetches);
            return _issuer(ct);
        },
        _time, failure => _told.Add(failure?.Message ?? "back"));

    private static Task<IReadOnlyList<SecurityKey>> Published() => Task.FromResult<IReadOnlyList<SecurityKey>>([]);

    private static Task<IReadOnlyList<SecurityKey>> Away() =>
        Task.FromException<IReadOnlyList<SecurityKey>>(new HttpRequestException("away"));

    // Yielding threads are real, and waits are not: the clock goes on until the task is done.
    private async Task<T> WithClockAsync<T>(ValueTask<T> call)
    {
        var task = call.AsTask();
        while (!task.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1);
        }

        return await task;
    }

    [Fact]
    public async Task Many_who_come_at_once_fetch_once()
    {
        var gate = new TaskCompletionSource<IReadOnlyList<SecurityKey>>();
        _issuer = _ => gate.Task;
        var calls = Enumerable.Range(0, 200).Select(_ => _keys.GetAsync(default).AsTask()).ToList();
        gate.SetResult([]);
        Assert.All(await Task.WhenAll(calls), Assert.NotNull);
        Assert.Equal(1, _fetches);
    }

    [Fact]
    public async Task Made_up_kids_fetch_once_in_two_seconds_and_wait_for_it()
    {
        var seen = (await WithClockAsync(_keys.GetAsync(default)))!;
        var begun = _time.GetTimestamp();
        for (var i = 0; i < 20; i++)
        {
            var calls = Enumerable.Range(0, 50).Select(_ => _keys.GetNewerAsync(seen, default).AsTask()).ToList();
            seen = (await WithClockAsync(new ValueTask<KeySet?[]>(Task.WhenAll(calls)))).MaxBy(set => set!.Began)!;
        }

        Assert.InRange(_fetches, 2, 2 + (_time.GetElapsedTime(begun) / FetchedKeys.Least));
    }

    [Fact]
    public async Task More_than_256_at_once_do_not_wait()
    {
        var seen = (await WithClockAsync(_keys.GetAsync(default)))!;
        var calls = Enumerable.Range(0, 300).Select(_ => _keys.GetNewerAsync(seen, default).AsTask()).ToList();
        var sets = await WithClockAsync(new ValueTask<KeySet?[]>(Task.WhenAll(calls)));
        Assert.Equal(44, sets.Count(set => set is null));
    }

    [Fact]
    public async Task A_withdrawn_key_counts_for_five_minutes_at_most()
    {
        var first = await WithClockAsync(_keys.GetAsync(default));
        _time.Advance(TimeSpan.FromHours(3));
        var later = await WithClockAsync(_keys.GetAsync(default));
        Assert.NotSame(first, later);
        Assert.InRange(_time.GetElapsedTime(later!.Began), TimeSpan.Zero, FetchedKeys.Fresh);
    }

    [Fact]
    public async Task Keys_count_for_a_day_while_the_issuer_is_away_and_no_longer()
    {
        var first = await WithClockAsync(_keys.GetAsync(default));
        _issuer = _ => Away();
        _time.Advance(TimeSpan.FromHours(23));
        Assert.Same(first, await WithClockAsync(_keys.GetAsync(default)));
        Assert.True(_keys.IsDown);
        Assert.Null(await _keys.GetNewerAsync(first!, default));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Null(await WithClockAsync(_keys.GetAsync(default)));

        _issuer = _ => Published();
        _time.Advance(FetchedKeys.Least);
        Assert.NotNull(await WithClockAsync(_keys.GetAsync(default)));
        Assert.False(_keys.IsDown);
        Assert.Equal(["away", "back"], _told);
    }

    [Fact]
    public async Task An_issuer_that_never_answers_is_down_after_five_seconds()
    {
        _issuer = _ => new TaskCompletionSource<IReadOnlyList<SecurityKey>>().Task;
        var begun = _time.GetTimestamp();
        Assert.Null(await WithClockAsync(_keys.GetAsync(default)));
        Assert.InRange(_time.GetElapsedTime(begun), FetchedKeys.Limit, FetchedKeys.Limit * 3);
        Assert.True(_keys.IsDown);
        // Who comes just then is told at once.
        Assert.Null(await _keys.GetAsync(new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_caller_who_goes_takes_no_fetch_with_him()
    {
        var gate = new TaskCompletionSource<IReadOnlyList<SecurityKey>>();
        _issuer = _ => gate.Task;
        using var gone = new CancellationTokenSource();
        var (first, second) = (_keys.GetAsync(gone.Token).AsTask(), _keys.GetAsync(default).AsTask());
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult([]);
        Assert.NotNull(await second);
    }
}
