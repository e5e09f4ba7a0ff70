namespace KeyRecovery.Protocol.Wire;

/// <summary>
/// What others tell of times, made one: whoever tells it may write any number, and none is out of range, negative or
/// overflows where something is added to it.
/// </summary>
public static class ToldTime
{
    /// <summary>The longest wait, 366 days.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromDays(366);

    // A month before the last day that there is: for zones, and for a clock that goes on from there.
    private const long Latest = 253_399_708_800;

    /// <summary>A moment, in seconds since 1970; later than 2 December 9999 is that.</summary>
    public static DateTimeOffset At(ulong seconds) => At((long)Math.Min(seconds, Latest));

    /// <summary>A moment, in seconds since 1970; earlier ones are 1970.</summary>
    public static DateTimeOffset At(long seconds) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, 0, Latest));

    /// <summary>A wait in milliseconds, at most <see cref="LongestWait"/>.</summary>
    public static TimeSpan Wait(ulong milliseconds) => Wait((long)Math.Min(milliseconds, long.MaxValue));

    /// <summary>A wait in milliseconds, at most <see cref="LongestWait"/>; one that is below zero is none.</summary>
    public static TimeSpan Wait(long milliseconds) =>
        TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, (long)LongestWait.TotalMilliseconds));
}
