namespace KeyRecovery.Api.Tests.Support;

/// <summary>The system's clock, set forward or back. Timers and durations go on as they are.</summary>
internal sealed class MovableClock : TimeProvider
{
    private long _ticks;

    public void Move(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _ticks));
}
