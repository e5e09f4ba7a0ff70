using Microsoft.Extensions.Time.Testing;

namespace KeyRecovery.Service.Tests.Support;

/// <summary>A wall clock and a steady one: time moves both, and somebody may set the wall clock alone.</summary>
internal sealed class TwoClocks(DateTimeOffset start) : FakeTimeProvider(start)
{
    private TimeSpan _set;

    /// <summary>Sets the wall clock forward or back; no time passes.</summary>
    public void Set(TimeSpan by) => _set += by;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _set;

    public override long GetTimestamp() => base.GetUtcNow().Ticks;

    /// <summary>
    /// A timer. A periodic one fires once in a leap of time, as on a machine that slept: the relay's, which comes every
    /// five seconds, would else fire half a million times in a month.
    /// </summary>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (period == Timeout.InfiniteTimeSpan) return base.CreateTimer(callback, state, dueTime, period);
        ITimer? timer = null;
        timer = base.CreateTimer(
            fired =>
            {
                callback(fired);
                timer!.Change(period, Timeout.InfiniteTimeSpan);
            }, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        return timer;
    }
}
