namespace KeyRecovery.Api.RateLimiting;

/// <summary>What runs at once and what it may hold in memory, in one table. Nothing here can be configured.</summary>
internal static class RequestLimits
{
    /// <summary>
    /// Repairs at once, of all callers: 256. A place is held by one address, and for 5 s by one that sends nothing, so
    /// that filling them takes hundreds of addresses that never pause.
    /// </summary>
    public const int Repairs = 256;

    /// <summary>
    /// Bytes of all bodies of repairs together: 64 MiB, eight of the longest. The oldest gives way: an honest one is
    /// there for a second or two.
    /// </summary>
    public const long RepairBytes = 64L * 1024 * 1024;

    /// <summary>How fast the body of a repair must come, in bytes a second: 64 KiB.</summary>
    public const int RepairRate = 64 * 1024;

    /// <summary>How long the body of a repair may be behind that: 5 s, for a connection that only begins.</summary>
    public static readonly TimeSpan RepairGrace = TimeSpan.FromSeconds(5);

    /// <summary>When a repair that finds no place is welcome again: 2 s.</summary>
    public static readonly TimeSpan RepairRetry = TimeSpan.FromSeconds(2);
}
