using System.Diagnostics;

namespace KeyRecovery.Client.Calls;

/// <summary>
/// How long a public call has been with servers: from its first request on, over all requests, their repeats and the
/// pauses between. Who waits for the session's turn, or for a person, uses up nothing.
/// </summary>
internal sealed class CallTime
{
    private static readonly AsyncLocal<CallTime?> Current = new();

    private long? _since;
    private bool _isUnbounded;

    /// <summary>Begins the time of a call, which one within another shares.</summary>
    public static void Begin() => Current.Value ??= new CallTime();

    /// <summary>What is left of a limit for the call that this is in; all of it where it is in none.</summary>
    public static TimeSpan Left(TimeSpan limit)
    {
        if (Current.Value is not { _isUnbounded: false } call) return limit;
        call._since ??= Stopwatch.GetTimestamp();
        return limit - Stopwatch.GetElapsedTime(call._since.Value);
    }

    /// <summary>A step of long work is done, and the next one has as much time.</summary>
    public static void Renew()
    {
        if (Current.Value is { } call) call._since = null;
    }

    /// <summary>The call waits for people, whose time is bounded elsewhere.</summary>
    public static void Unbind()
    {
        if (Current.Value is { } call) call._isUnbounded = true;
    }
}
