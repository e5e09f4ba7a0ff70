using Microsoft.Extensions.Time.Testing;

namespace KeyRecovery.Client.Tests.Watching;

/// <summary>A clock that goes on when the test says so, and knows who waits by it.</summary>
internal sealed class WatchClock() : FakeTimeProvider(DateTimeOffset.UtcNow)
{
    private readonly SemaphoreSlim _asleep = new(0);
    private int _timers;

    /// <summary>How many timers there ever were.</summary>
    public int Timers => _timers;

    /// <summary>Waits until somebody waits by this clock: once for each time.</summary>
    public async Task AsleepAsync()
    {
        if (!await _asleep.WaitAsync(TimeSpan.FromMinutes(2))) throw new TimeoutException("nobody waits by the clock");
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        Interlocked.Increment(ref _timers);
        _asleep.Release();
        return timer;
    }
}
