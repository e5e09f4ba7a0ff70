using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Http;

/// <summary>One table from what a server answers to what an app is told.</summary>
internal static class Failures
{
    public static ClientFailure Of(Answer answer) => answer switch
    {
        Answer.Unreachable none => new ClientFailure.Transient(none.Reason, null) { Cause = none.Cause },
        Answer.Problem problem => Of(problem),
        _ => new ClientFailure.Transient("what came is no answer of a KeyRecovery server", null)
        {
            Cause = NetworkCause.Middlebox,
        },
    };

    public static ClientFailure Of(Answer.Problem problem)
    {
        var details = problem.Details;
        var wait = details.RetryAfterMs is { } ms ? ToldTime.Wait(ms) : (TimeSpan?)null;
        return problem.Type switch
        {
            ProblemTypes.Revoked => new ClientFailure.Revoked(),
            ProblemTypes.Erased => new ClientFailure.Erased(ErasureJson.ReadReceipt(details.Receipt)),
            ProblemTypes.VaultLost or ProblemTypes.RepairRequired => new ClientFailure.VaultLost(),
            ProblemTypes.RateLimited => new ClientFailure.Transient("the server asks for a pause", wait),
            ProblemTypes.StorageFull => new ClientFailure.Transient("the server has no room left", wait),
            ProblemTypes.LimitReached => new ClientFailure.Refused(problem.Type, LimitWords.Of(details), Name(details))
            {
                Limit = details.Limit,
                Used = details.Used,
            },
            ProblemTypes.QuotaReached => new ClientFailure.Refused(
                problem.Type, "the app has no more room at its service; nothing was changed, and what is stored stays",
                Name(details)),
            ProblemTypes.ClockSkew =>
                new ClientFailure.Refused(ProblemTypes.ClockSkew, "this device's clock is wrong", null),
            ProblemTypes.YoungAuthority => new ClientFailure.Refused(
                problem.Type, details.Title ?? "whoever signs is new to the account", Name(details))
            {
                TrustedFrom = details.TrustedFrom is { } from ? ToldTime.At(from) : null,
            },
            // A network's log-in page, a proxy's own word: it is not this protocol's, and refuses nothing.
            Answer.Problem.Unknown => Stranger(problem, wait),
            _ when (int)problem.Status >= 500 =>
                new ClientFailure.Transient(details.Title ?? "the server is in trouble", wait),
            _ => new ClientFailure.Refused(problem.Type, details.Title ?? problem.Status.ToString(), Name(details)),
        };
    }

    private static ClientFailure.Transient Stranger(Answer.Problem said, TimeSpan? wait)
    {
        var (cause, words) = NetworkTrouble.Of(said);
        return new ClientFailure.Transient(words, wait) { Cause = cause };
    }

    private static string? Name(ProblemJson details) =>
        details.Rule is null ? details.Field : details.Field is null
            ? details.Rule : $"{details.Field}: {details.Rule}";
}
