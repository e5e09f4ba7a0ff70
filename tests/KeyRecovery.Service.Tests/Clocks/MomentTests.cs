using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Clocks;

/// <summary>What the one clock promises, whatever is done to the wall clock while the process runs.</summary>
public sealed class MomentTests
{
    private static readonly DateTimeOffset Start = new(2026, 6, 1, 8, 0, 0, TimeSpan.Zero);

    /// <summary>F25: forward and back, in any order, before and after a wait begins.</summary>
    [Fact]
    public void F25_no_wait_ends_before_its_time_and_no_day_is_shorter_whatever_is_done_to_the_wall_clock()
    {
        var (random, late) = (new TestRandom(25), 0);
        for (var life = 0; life < 2_000; life++)
        {
            var time = new TwoClocks(Start);
            var clock = new ServerClock(time);
            var (passed, begun, counted) = (TimeSpan.Zero, new List<(TimeSpan At, ulong Until)>(), 0UL);
            var counts = default(DayCounts).At(clock.Now);
            for (var step = 0; step < 20; step++)
            {
                var hours = TimeSpan.FromHours(random.Bytes(1)[0]);
                switch (random.Bytes(1)[0] % 4)
                {
                    case 0:
                        time.Set(hours);
                        break;
                    case 1:
                        time.Set(-hours);
                        break;
                    case 2:
                        time.Advance(hours);
                        passed += hours;
                        break;
                    default:
                        begun.Add((passed, clock.Now.Latest + 72 * 3600));
                        break;
                }

                foreach (var (at, until) in begun)
                {
                    var isOver = passed - at >= TimeSpan.FromHours(72);
                    Assert.False(clock.Now.HasReached(until) && !isOver);
                    if (isOver && !clock.Now.HasReached(until)) late++;
                }

                if (counts.At(clock.Now) == counts) continue;
                counts = counts.At(clock.Now);
                counted++;
            }

            Assert.InRange(counted, 0UL, (ulong)Math.Ceiling(passed.TotalDays));
        }

        // Late is allowed, and does come about: the lives above did move the clock.
        Assert.True(late > 100);
    }

    [Fact]
    public void Where_nobody_sets_a_clock_both_say_the_same_and_a_wait_is_as_long_as_it_says()
    {
        var time = new TwoClocks(Start);
        var clock = new ServerClock(time);
        var until = clock.Now.Latest + 60;
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(clock.Now.HasReached(until));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(clock.Now.HasReached(until));
        Assert.Equal(Moment.At((ulong)time.GetUtcNow().ToUnixTimeSeconds()), clock.Now);
        Assert.Null(clock.Problem);
    }
}
