namespace KeyRecovery.Api.Tests.Support;

/// <summary>
/// The system's clocks: the one on the wall can be set, and time can pass, which both see. Timers go on as they are.
/// </summary>
internal sealed class MovableClock : TimeProvider
{
    private long _set;
    private long _passed;

    /// <summary>Sets the wall clock forward or back.</summary>
    public void Move(TimeSpan by) => Interlocked.Add(ref _set, by.Ticks);

    /// <summary>Lets time pass.</summary>
    public void Pass(TimeSpan time) => Interlocked.Add(ref _passed, time.Ticks);

    public override DateTimeOffset GetUtcNow() =>
        base.GetUtcNow().AddTicks(Interlocked.Read(ref _set) + Interlocked.Read(ref _passed));

    public override long GetTimestamp() =>
        base.GetTimestamp()
            + (long)(TimeSpan.FromTicks(Interlocked.Read(ref _passed)).TotalSeconds * TimestampFrequency);
}
