using System.Collections.Frozen;
using System.Net;
using System.Text.Json.Serialization.Metadata;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Http;

/// <summary>
/// What the answer to a request that changes something means, for whoever sends one: done, refused, or unknown.
/// </summary>
/// <typeparam name="T">What the server tells where it is done.</typeparam>
internal abstract record Outcome<T>
{
    private Outcome() { }

    /// <summary>The problem that came, whoever said it; null where none did.</summary>
    public Answer.Problem? Problem { get; private init; }

    /// <summary>Why it is not known to be done; null where it is.</summary>
    public ClientFailure? Failure { get; private init; }

    /// <summary>It is done.</summary>
    public sealed record Done(T Told) : Outcome<T>;

    /// <summary>The server said, in the protocol's own words, that nothing was done.</summary>
    public sealed record Refused : Outcome<T>
    {
        public Refused(Answer.Problem said) => (Problem, Failure) = (said, Failures.Of(said));
    }

    /// <summary>It may be done, or still become it: a look tells, see <see cref="Outcome.IsFoundAsync"/>.</summary>
    public sealed record Unknown : Outcome<T>
    {
        public Unknown(ClientFailure why, Answer.Problem? said = null) => (Problem, Failure) = (said, why);
    }
}

/// <summary>
/// The one place that knows what an answer means (docs/protocol.md §9.4). Only a problem of a known type refuses, and
/// only where none of the attempts before it was left open. A page that something between has sent, an answer that does
/// not read, a server in trouble: all these leave it open.
/// </summary>
internal static class Outcome
{
    private static readonly TimeSpan LookLimit = TimeSpan.FromSeconds(10);

    // Not among them: a server that is in trouble, or has no room, may have found out behind the write that decides.
    private static readonly FrozenSet<string> Refusals = FrozenSet.Create(
        ProblemTypes.Malformed, ProblemTypes.TooLarge, ProblemTypes.UnsupportedMediaType,
        ProblemTypes.MethodNotAllowed, ProblemTypes.Timeout, ProblemTypes.Unauthenticated,
        ProblemTypes.SignatureInvalid, ProblemTypes.ClockSkew, ProblemTypes.TokenInvalid, ProblemTypes.Revoked,
        ProblemTypes.Forbidden, ProblemTypes.NotFound, ProblemTypes.StaleVersion, ProblemTypes.AccountExists,
        ProblemTypes.Conflict, ProblemTypes.LinkContested, ProblemTypes.SlotExists, ProblemTypes.Refused,
        ProblemTypes.LimitReached, ProblemTypes.QuotaReached, ProblemTypes.YoungAuthority, ProblemTypes.Suspended,
        ProblemTypes.RepairRequired, ProblemTypes.VaultLost, ProblemTypes.Erased, ProblemTypes.GuessWait,
        ProblemTypes.SlotPaused, ProblemTypes.SlotLocked, ProblemTypes.RateLimited);

    /// <summary>Of a request that is answered with JSON. Nothing that it says is verified.</summary>
    public static Outcome<T> Of<T>(Answer answer, JsonTypeInfo<T> type) where T : class => answer switch
    {
        Answer.Success when answer.Read(type) is Result<T>.Ok { Value: var told } => new Outcome<T>.Done(told),
        _ => NotDone<T>(answer),
    };

    /// <summary>Of a request that is answered with 204 and nothing else.</summary>
    public static Outcome<Answer.Success> Of(Answer answer) => answer switch
    {
        Answer.Success { Status: HttpStatusCode.NoContent } done => new Outcome<Answer.Success>.Done(done),
        _ => NotDone<Answer.Success>(answer),
    };

    /// <summary>Looks whether an unknown one was done: false where that cannot be had in ten seconds.</summary>
    /// <param name="look">Whether it is there.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<bool> IsFoundAsync(Func<CancellationToken, Task<bool>> look, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(LookLimit);
        try
        {
            return await look(limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Whether an answer, by itself, says that a request was done or was not.</summary>
    public static bool Decides(Answer answer) => answer switch
    {
        Answer.Success => true,
        Answer.Problem said => Refusals.Contains(said.Type),
        _ => false,
    };

    private static Outcome<T> NotDone<T>(Answer answer) => answer switch
    {
        Answer.Problem { IsAfterSilence: false } said when Decides(said) => new Outcome<T>.Refused(said),
        Answer.Problem said => new Outcome<T>.Unknown(Open(Failures.Of(said)), said),
        _ => new Outcome<T>.Unknown(Open(Failures.Of(answer))),
    };

    // What is said is told, and never as if it had decided.
    private static ClientFailure.Transient Open(ClientFailure failure) =>
        failure as ClientFailure.Transient ?? new ClientFailure.Transient(failure.Message, null);
}
