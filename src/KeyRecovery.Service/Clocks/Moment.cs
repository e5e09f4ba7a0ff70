namespace KeyRecovery.Service.Clocks;

/// <summary>
/// What the server's two clocks say at one time, in seconds since 1970, and which of them counts for what
/// (docs/protocol.md §9.6). Rules take this and not a number, so that each says once what it goes by.
/// </summary>
/// <param name="Wall">The wall clock, which somebody can set: what is told to people and decides nothing.</param>
/// <param name="Steady">The steady clock, set once, at the start of the process: what is counted by the day.</param>
public readonly record struct Moment(ulong Wall, ulong Steady)
{
    private const ulong SecondsPerDay = 24 * 60 * 60;

    /// <summary>The earlier of the two: for whoever must have waited long enough.</summary>
    public ulong Earliest => Math.Min(Wall, Steady);

    /// <summary>The later of the two: what is written down, and a wait counts from.</summary>
    public ulong Latest => Math.Max(Wall, Steady);

    /// <summary>The day whose counts go on, in days since 1970 (UTC): no clock that is set begins another one.
    /// </summary>
    public ulong Day => Steady / SecondsPerDay;

    /// <summary>The day that is written down, in days since 1970 (UTC).</summary>
    public ulong LatestDay => Latest / SecondsPerDay;

    /// <summary>The day that has come by both clocks, in days since 1970 (UTC).</summary>
    public ulong EarliestDay => Earliest / SecondsPerDay;

    /// <summary>A time at which both clocks agree.</summary>
    /// <param name="seconds">Seconds since 1970.</param>
    public static Moment At(ulong seconds) => new(seconds, seconds);

    /// <summary>Whether a time has come, by both clocks.</summary>
    /// <param name="seconds">Seconds since 1970.</param>
    public bool HasReached(ulong seconds) => seconds <= Earliest;
}
