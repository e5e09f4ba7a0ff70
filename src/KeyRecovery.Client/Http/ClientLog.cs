using System.Collections.Frozen;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Client.Http;

/// <summary>
/// All that the SDK tells an app's log: what it asked for, how it ended, and what it found, in words that this program
/// has itself. Never a key, a code, a passphrase, a token, a subject, a name that people gave, an id, or a text that a
/// server sent: logs are copied, and nobody asks the person.
/// </summary>
internal static partial class ClientLog
{
    private const int MostSlug = 40;

    // A route's own words (docs/protocol.md §9.2): what else stands in a path names somebody's things.
    private static readonly FrozenSet<string> Words = FrozenSet.Create(
        StringComparer.Ordinal, "v1", "accounts", "activity", "audit", "checkpoint", "claim", "command", "commits",
        "config", "entries", "erasure", "evaluate", "export", "follow", "items", "key", "links", "nameplates", "read",
        "realm", "receipt", "recovery", "register", "repair", "reset", "restore-points", "slots", "tile", "vault",
        "versions");

    /// <summary>What a request's path is told as.</summary>
    public static string RouteOf(string pathAndQuery)
    {
        var path = pathAndQuery.AsSpan();
        if (path.IndexOf('?') is var query and >= 0) path = path[..query];
        return string.Join('/', path.ToString().Split('/').Select(w => w.Length == 0 || Words.Contains(w) ? w : "*"));
    }

    /// <summary>Tells one attempt of a request, where somebody listens.</summary>
    public static void Tell(ILogger? log, ApiRequest request, Answer answer, long since)
    {
        if (log?.IsEnabled(answer is Answer.Success ? LogLevel.Debug : LogLevel.Information) is not true) return;
        var (method, route) = (request.Method.Method, RouteOf(request.PathAndQuery));
        var took = (long)Stopwatch.GetElapsedTime(since).TotalMilliseconds;
        switch (answer)
        {
            case Answer.Success done:
                Answered(log, method, route, (int)done.Status, took);
                break;
            case Answer.Problem problem:
                Refused(log, method, route, (int)problem.Status, SlugOf(problem.Type), took);
                break;
            case Answer.Unreachable away:
                Unreachable(log, method, route, away.Cause, took);
                break;
        }
    }

    /// <summary>A device's clock that is wrong.</summary>
    [LoggerMessage(4, LogLevel.Information, "This device's clock is {Seconds} s off the server's: signed again by it")]
    public static partial void ClockIsOff(ILogger log, long seconds);

    /// <summary>What a look at the account came to.</summary>
    [LoggerMessage(5, LogLevel.Warning, "The account could not be read: {Failure} {Rule}")]
    public static partial void Unread(ILogger log, string failure, string rule);

    /// <summary>A home that takes nothing.</summary>
    [LoggerMessage(6, LogLevel.Warning, "This device's store does not take what was verified: {Failure} {Trouble}")]
    public static partial void Unkept(ILogger log, string failure, string trouble);

    /// <summary>What a watcher tells.</summary>
    [LoggerMessage(7, LogLevel.Information, "The account: {Event}")]
    public static partial void Happened(ILogger log, string @event);

    [LoggerMessage(1, LogLevel.Debug, "{Method} {Route} was answered with {Status} after {Milliseconds} ms")]
    private static partial void Answered(ILogger log, string method, string route, int status, long milliseconds);

    [LoggerMessage(
        2, LogLevel.Information, "{Method} {Route} was refused with {Status} {Problem} after {Milliseconds} ms")]
    private static partial void Refused(
        ILogger log, string method, string route, int status, string problem, long milliseconds);

    [LoggerMessage(3, LogLevel.Warning, "{Method} {Route} had no answer after {Milliseconds} ms: {Cause}")]
    private static partial void Unreachable(
        ILogger log, string method, string route, NetworkCause cause, long milliseconds);

    // A slug of the protocol's kind: what else a server may call it stays out.
    private static string SlugOf(string type) =>
        type.Length <= MostSlug && type.All(c => char.IsAsciiLetterLower(c) || c == '-')
            ? type : Answer.Problem.Unknown;
}
