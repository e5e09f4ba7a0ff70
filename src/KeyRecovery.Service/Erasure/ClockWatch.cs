using System.Globalization;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Whether a moment has come, by two clocks: the wall clock, which somebody can set, and the steady one, which counts
/// from the start of the process. Where they drift apart, the wall clock was moved (or the machine slept, in which the
/// steady one stands still on Linux), and nothing that waits for a time is done: a hold must not end early, nor a
/// receipt say that a backup has expired which has not. After a restart the wall clock is believed again.
/// </summary>
internal sealed class ClockWatch(TimeProvider time)
{
    /// <summary>
    /// How far the two may be apart: far above what time servers correct in steps, far below any hold.
    /// </summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private readonly DateTimeOffset _start = time.GetUtcNow();
    private readonly long _mark = time.GetTimestamp();

    /// <summary>The wall clock's time; null while it was moved by more than the tolerance.</summary>
    public DateTimeOffset? Now
    {
        get
        {
            var (wall, steady) = Read();
            return IsMoved(wall, steady) ? null : wall;
        }
    }

    /// <summary>The earlier of what the two clocks say: for whoever must have waited long enough.</summary>
    public DateTimeOffset Earliest
    {
        get
        {
            var (wall, steady) = Read();
            return wall < steady ? wall : steady;
        }
    }

    /// <summary>The later of what the two clocks say: for a wait that begins.</summary>
    public DateTimeOffset Latest
    {
        get
        {
            var (wall, steady) = Read();
            return wall > steady ? wall : steady;
        }
    }

    /// <summary>What is told while the clock is moved: by how much.</summary>
    public string Problem
    {
        get
        {
            var (wall, steady) = Read();
            return string.Create(CultureInfo.InvariantCulture,
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

    private (DateTimeOffset Wall, DateTimeOffset Steady) Read() =>
        (time.GetUtcNow(), _start + time.GetElapsedTime(_mark));
}
