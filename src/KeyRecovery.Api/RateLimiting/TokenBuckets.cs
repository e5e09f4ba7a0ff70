using System.Runtime.InteropServices;
using System.Security.Cryptography;
using KeyRecovery.Api.Options;

namespace KeyRecovery.Api.RateLimiting;

/// <summary>
/// A token bucket for every caller there may be, in 1 MiB. Each bucket is one number, the time at which it is full
/// again (the generic cell rate algorithm, ITU-T I.371). There are two rows of cells, each under a keyed hash of its
/// own, and a caller is refused only when both its cells are empty: strangers who share a cell do not starve one
/// another, and nobody can choose to share.
/// </summary>
internal sealed class TokenBuckets
{
    private const int Cells = 1 << 16;
    private const int Turns = 256;

    private readonly long[][] _rows = [new long[Cells], new long[Cells]];
    private readonly Lock[] _turns = [.. Enumerable.Range(0, Turns).Select(_ => new Lock())];
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly long _interval;
    private readonly long _tolerance;

    /// <param name="perSecond">Tokens a second, above 0.</param>
    /// <param name="burst">Tokens of a full bucket, at least 1.</param>
    /// <param name="time">The clock.</param>
    public TokenBuckets(double perSecond, int burst, TimeProvider time)
    {
        _time = time;
        _start = time.GetTimestamp();
        _interval = Math.Max(1, (long)(TimeSpan.TicksPerSecond / perSecond));
        _tolerance = (burst - 1) * _interval;
    }

    /// <summary>
    /// The part of one of several instances: callers meet all of them, by turns, and nothing is counted together.
    /// </summary>
    /// <param name="whole">What a caller has at all instances.</param>
    /// <param name="instances">How many there are.</param>
    /// <param name="time">The clock.</param>
    public static TokenBuckets PartOf(BucketOptions whole, int instances, TimeProvider time) =>
        new(whole.PerSecond / instances, (whole.Burst + instances - 1) / instances, time);

    /// <summary>Takes a token from the caller's bucket; if there is none, says how long until there is.</summary>
    public bool TryTake(UInt128 caller, out TimeSpan retryAfter)
    {
        var now = _time.GetElapsedTime(_start).Ticks;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, MemoryMarshal.AsBytes(new Span<UInt128>(ref caller)), digest);
        var cells = MemoryMarshal.Cast<byte, ushort>(digest);
        long first, second;
        // One caller's requests take turns: racing, one would take the last token of the first cell and another that of
        // the second.
        lock (_turns[cells[0] % Turns])
        {
            first = Take(ref _rows[0][cells[0]], now);
            second = Take(ref _rows[1][cells[1]], now);
        }

        retryAfter = new TimeSpan(Math.Min(first, second));
        return retryAfter == TimeSpan.Zero;
    }

    // Ticks to wait, or 0 and the token is taken.
    private long Take(ref long cell, long now)
    {
        while (true)
        {
            var seen = Volatile.Read(ref cell);
            var full = Math.Max(seen, now);
            var wait = full - now - _tolerance;
            if (wait > 0) return wait;
            if (Interlocked.CompareExchange(ref cell, full + _interval, seen) == seen) return 0;
        }
    }
}
