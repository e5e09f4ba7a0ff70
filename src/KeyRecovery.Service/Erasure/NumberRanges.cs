using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// A set of numbers from 1, as ranges: what is left of a list that is worked off mostly in its order.
/// </summary>
/// <param name="Ranges">Ascending, apart from one another, each with its first and last number.</param>
internal sealed record NumberRanges(ImmutableArray<(int First, int Last)> Ranges)
{
    /// <summary>The numbers from 1 to <paramref name="last"/>.</summary>
    public static NumberRanges UpTo(int last) => new(last == 0 ? [] : [(1, last)]);

    public bool IsEmpty => Ranges.IsEmpty;

    /// <summary>How many numbers there are.</summary>
    public int Count => Ranges.Sum(r => r.Last - r.First + 1);

    public bool Contains(int number) => Ranges.Any(r => r.First <= number && number <= r.Last);

    /// <summary>The numbers that are larger than <paramref name="number"/>, ascending.</summary>
    public IEnumerable<int> After(int number)
    {
        foreach (var (first, last) in Ranges)
            for (var next = Math.Max(first, number + 1); next <= last; next++) yield return next;
    }

    /// <summary>The set without these.</summary>
    public NumberRanges Without(IReadOnlySet<int> numbers)
    {
        var left = ImmutableArray.CreateBuilder<(int, int)>();
        foreach (var (first, last) in Ranges)
        {
            var start = first;
            foreach (var gone in numbers.Where(n => first <= n && n <= last).Order())
            {
                if (gone > start) left.Add((start, gone - 1));
                start = gone + 1;
            }

            if (start <= last) left.Add((start, last));
        }

        return new NumberRanges(left.ToImmutable());
    }

    public void Write(CborOut writer)
    {
        writer.Array(2 * Ranges.Length);
        foreach (var (first, last) in Ranges) writer.UInt((ulong)first).UInt((ulong)last);
    }

    public static NumberRanges Read(CborIn reader, int most)
    {
        var ranges = ImmutableArray.CreateBuilder<(int, int)>();
        var count = reader.Array(0, most + 1);
        WireFormatException.Require(count % 2 == 0, "a range has two ends");
        for (var (left, end) = (count / 2, 0); left > 0; left--)
        {
            var range = (First: (int)reader.UInt((ulong)most), Last: (int)reader.UInt((ulong)most));
            WireFormatException.Require(range.First > end && range.Last >= range.First, "ranges ascend");
            ranges.Add(range);
            end = range.Last;
        }

        return new NumberRanges(ranges.ToImmutable());
    }
}
