using CsCheck;
using KeyRecovery.Api.RateLimiting;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>The bound on what requests keep in memory together.</summary>
public sealed class SharedBytesTests
{
    private const long Most = 1_000;

    [Fact]
    public void Never_is_more_held_than_the_bound_and_all_of_it_comes_back() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 9], Gen.Int[0, 400]).Array[1, 200].Sample(steps =>
        {
            var shared = new SharedBytes(Most);
            var (holdings, gone) = (new Dictionary<int, SharedBytes.Holding>(), new HashSet<int>());
            foreach (var (owner, number, bytes) in steps)
            {
                var key = owner * 10 + number;
                if (!holdings.TryGetValue(key, out var holding))
                    holdings[key] = holding = shared.Begin((UInt128)owner, () => gone.Add(key));
                if (bytes == 0) holding.Dispose();
                else if (holding.TryGrow(bytes) == holding.IsOver) return false;
                if (gone.Contains(key) && !holding.IsOver) return false;
                if (shared.Held > Most || shared.Held != holdings.Values.Sum(h => h.Bytes)) return false;
            }

            foreach (var holding in holdings.Values) holding.Dispose();
            return shared.Held == 0;
        }, iter: 500);

    [Fact]
    public void The_oldest_of_who_holds_most_gives_way_and_the_others_do_not_notice()
    {
        var shared = new SharedBytes(Most);
        var gone = new List<string>();
        SharedBytes.Holding Begin(int owner, string name) => shared.Begin((UInt128)owner, () => gone.Add(name));
        using var honest = Begin(1, "honest");
        Assert.True(honest.TryGrow(300));
        using var first = Begin(2, "first");
        using var second = Begin(2, "second");
        using var third = Begin(2, "third");
        Assert.True(first.TryGrow(200));
        Assert.True(second.TryGrow(300));
        Assert.True(third.TryGrow(300));
        Assert.Equal(["first"], gone);
        Assert.False(first.TryGrow(1));
        Assert.True(honest.TryGrow(200));
        Assert.Equal(["first", "second"], gone);
    }

    [Fact]
    public void Who_asks_for_more_than_there_is_gives_way_alone()
    {
        var shared = new SharedBytes(Most);
        var gone = new List<string>();
        using var honest = shared.Begin(1, () => gone.Add("honest"));
        using var greedy = shared.Begin(2, () => gone.Add("greedy"));
        Assert.True(honest.TryGrow(Most / 2));
        Assert.False(greedy.TryGrow(Most + 1));
        Assert.Equal(["greedy"], gone);
        Assert.Equal(Most / 2, shared.Held);
    }

    [Fact]
    public void What_has_ended_is_not_ended_again()
    {
        var shared = new SharedBytes(Most);
        var wasTold = false;
        var ended = shared.Begin(1, () => wasTold = true);
        Assert.True(ended.TryGrow(Most));
        ended.Dispose();
        using var next = shared.Begin(1, () => { });
        Assert.True(next.TryGrow(Most));
        Assert.False(wasTold);
    }
}
