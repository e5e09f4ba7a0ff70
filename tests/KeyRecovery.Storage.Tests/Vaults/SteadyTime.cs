namespace KeyRecovery.Storage.Tests.Vaults;

/// <summary>A clock that goes on when it is told to, and its timers with it.</summary>
public sealed class SteadyTime : TimeProvider
{
    private readonly List<(TimerCallback Callback, object? State)> _timers = [];
    private TimeSpan _since = TimeSpan.FromDays(20_000);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _since.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + _since;

    /// <summary>Goes on; timers that are due once a minute fire once.</summary>
    public void Pass(TimeSpan time, bool ticks = true)
    {
        _since += time;
        if (!ticks) return;
        foreach (var (callback, state) in _timers.ToArray()) callback(state);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _timers.Add((callback, state));
        return new Timer();
    }

    private sealed class Timer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() { }

        public ValueTask DisposeAsync() => default;
    }
}
