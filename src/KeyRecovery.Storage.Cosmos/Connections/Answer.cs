using System.Net;
using System.Text.Json;
using Polly.CircuitBreaker;

namespace KeyRecovery.Storage.Cosmos.Connections;

/// <summary>What became of a request: a status, and never an exception.</summary>
/// <param name="Status">The service's status; 0 where it was not reached.</param>
/// <param name="SubStatus">What says more, 0 for nothing.</param>
/// <param name="Body">The document that came with it, or null.</param>
/// <param name="Continuation">Where the next page begins, or null.</param>
/// <param name="Cause">Why it was not reached.</param>
internal sealed record Answer(
    HttpStatusCode Status, int SubStatus, JsonDocument? Body = null, string? Continuation = null,
    Exception? Cause = null) : IDisposable
{
    /// <summary>How long the service wants to be left alone; null where it does not say.</summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>
    /// Whether an attempt before this answer may have done what was asked: what it says of a write may then be said of
    /// one's own.
    /// </summary>
    public bool MayBeDone { get; init; }

    /// <summary>That nobody was asked, since nobody answers.</summary>
    public bool IsHeld => Cause is BrokenCircuitException;

    /// <summary>That somebody was asked and was not heard. What cannot be read has been heard.</summary>
    public bool IsUnheard => Cause is not (null or BrokenCircuitException or JsonException);

    /// <summary>
    /// That there is no such document. With a sub-status, 404 says something else: a session that is not there yet, a
    /// container that is gone.
    /// </summary>
    public bool IsAbsent => (Status, SubStatus) == (HttpStatusCode.NotFound, 0);

    /// <summary>The status, and the sub-status behind it where there is one.</summary>
    public string Words => Cause is not null
        ? $"not reached, {Cause.GetType().Name}"
        : SubStatus == 0 ? $"status {(int)Status}" : $"status {(int)Status}/{SubStatus}";

    /// <inheritdoc/>
    public void Dispose() => Body?.Dispose();
}
