namespace KeyRecovery.Storage.Cosmos.Options;

/// <summary>How long a request to an account may take, how often it is made, and when none is made any more.</summary>
public sealed record RequestLimits
{
    /// <summary>How long a request may take with all its attempts and the waits between; default 20 seconds.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long one attempt may take; default 5 seconds. What it has sent may still be done afterwards.
    /// </summary>
    public TimeSpan Attempt { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a request is made again within its budget; default 8 times.</summary>
    public int Retries { get; init; } = 8;

    /// <summary>
    /// The wait before the second attempt where the service names none, in the mean; it doubles each time, with jitter.
    /// Default 100 milliseconds.
    /// </summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The longest wait between two attempts; default 3 seconds. Where the service wants to be left alone for longer,
    /// the request ends there.
    /// </summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The share of attempts within <see cref="Window"/> of which nothing is heard, from which on the account is not
    /// asked any more; default one half.
    /// </summary>
    public double SilentShare { get; init; } = 0.5;

    /// <summary>How many attempts a window must have before its share counts; default 8.</summary>
    public int LeastAttempts { get; init; } = 8;

    /// <summary>What the share is taken of; default 30 seconds.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After how long one request is let through, to see whether it is answered; default 5 seconds.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(5);
}
