using System.Globalization;

namespace KeyRecovery.Service.Clocks;

/// <summary>
/// The one clock of the server (docs/protocol.md §9.6). It looks at two: the wall clock, which somebody can set, and
/// the steady one, which counts from the start of the process. Whoever waits has waited when both say so, and a wait
/// begins at the later of them: so an age, a hold or a restore point may end late by a clock that is set, and never
/// early. Where the two drift apart, the wall clock was moved (or the machine slept, in which the steady one stands
/// still on Linux): then no hold ends and no receipt of level 2 is signed. After a restart the wall clock is believed
/// again. A process has one, made as it starts.
/// </summary>
/// <param name="time">The system's clocks.</param>
public sealed class ServerClock(TimeProvider time)
{
    /// <summary>
    /// How far the two may be apart: far above what time servers correct in steps, far below any hold.
    /// </summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private readonly DateTimeOffset _start = time.GetUtcNow();
    private readonly long _mark = time.GetTimestamp();

    /// <summary>Times delays and timers: pauses, which no age and no hold goes by.</summary>
    public TimeProvider Timers => time;

    /// <summary>What both clocks say.</summary>
    public Moment Now
    {
        get
        {
            var (wall, steady) = Read();
            return new Moment(Seconds(wall), Seconds(steady));
        }
    }

    /// <summary>
    /// The steady clock's time: for what lives no longer than the process, and for what no clock that is set may make
    /// shorter or longer.
    /// </summary>
    public DateTimeOffset Steady => Read().Steady;

    /// <summary>
    /// The wall clock's time: for what lives for minutes and several instances must agree about, none of which has
    /// another's steady clock. No age and no hold goes by it.
    /// </summary>
    public DateTimeOffset Shared => Read().Wall;

    /// <summary>The wall clock's time; null while it was moved by more than the tolerance.</summary>
    public DateTimeOffset? Believed
    {
        get
        {
            var (wall, steady) = Read();
            return IsMoved(wall, steady) ? null : wall;
        }
    }

    /// <summary>How far the wall clock is ahead of the steady one: 0, but for drift, while nobody sets it.</summary>
    public TimeSpan Moved
    {
        get
        {
            var (wall, steady) = Read();
            return wall - steady;
        }
    }

    /// <summary>By how much the wall clock was moved, in a sentence; null while it is believed.</summary>
    public string? Problem
    {
        get
        {
            var (wall, steady) = Read();
            return !IsMoved(wall, steady) ? null : string.Create(CultureInfo.InvariantCulture,
                $"the server's clock was moved, by {(wall - steady).TotalMinutes:+0;-0} minutes since the start: what "
                + $"waits for a time waits until it is set right, or the server restarted");
        }
    }

    /// <summary>Whether a moment has passed; null where a clock says so, and they are apart.</summary>
    public bool? HasPassed(DateTimeOffset moment)
    {
        var (wall, steady) = Read();
        if (moment > wall && moment > steady) return false;
        if (IsMoved(wall, steady)) return null;
        return moment <= wall && moment <= steady;
    }

    private static bool IsMoved(DateTimeOffset wall, DateTimeOffset steady) => (wall - steady).Duration() > Tolerance;

    // A clock before 1970 says nothing.
    private static ulong Seconds(DateTimeOffset moment) => (ulong)Math.Max(0, moment.ToUnixTimeSeconds());

    private (DateTimeOffset Wall, DateTimeOffset Steady) Read() =>
        (time.GetUtcNow(), _start + time.GetElapsedTime(_mark));
}
