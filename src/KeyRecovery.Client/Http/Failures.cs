using KeyRecovery.Client.Accounts;
using KeyRecovery.Client.Results;

namespace KeyRecovery.Client.Http;

/// <summary>One table from what a server answers to what an app is told.</summary>
internal static class Failures
{
    public static ClientFailure Of(Answer answer) => answer switch
    {
        Answer.Unreachable unreachable => new ClientFailure.Transient(unreachable.Reason, null),
        Answer.Problem problem => Of(problem),
        _ => new ClientFailure.Transient("the server's answer was not understood", null),
    };

    /// <summary>No answer, or none that says that nothing was done.</summary>
    public static ClientFailure.Transient Unanswered(Answer answer) => (answer, Of(answer)) switch
    {
        (_, ClientFailure.Transient transient) => transient,
        (Answer.Problem { Type: "unknown" } problem, _) =>
            new ClientFailure.Transient($"what answered is not the server (status {(int)problem.Status})", null),
        (_, var failure) => new ClientFailure.Transient(failure.Message, null),
    };

    public static ClientFailure Of(Answer.Problem problem)
    {
        var details = problem.Details;
        var wait = details.RetryAfterMs is { } ms ? TimeSpan.FromMilliseconds(ms) : (TimeSpan?)null;
        return problem.Type switch
        {
            "revoked" => new ClientFailure.Revoked(),
            "erased" => new ClientFailure.Erased(ErasureStatus.ReadReceipt(details.Receipt)),
            "vault-lost" or "repair-required" => new ClientFailure.VaultLost(),
            "rate-limited" => new ClientFailure.Transient("the server asks for a pause", wait),
            "storage-full" => new ClientFailure.Transient("the server has no room left", wait),
            "limit-reached" => new ClientFailure.Refused(problem.Type, LimitWords.Of(details), Name(details))
            {
                Limit = details.Limit,
                Used = details.Used,
            },
            "clock-skew" => new ClientFailure.Refused("clock-skew", "this device's clock is wrong", null),
            "unknown" when (int)problem.Status >= 500 => new ClientFailure.Transient("the server is in trouble", wait),
            _ when (int)problem.Status >= 500 => new ClientFailure.Transient(details.Title ?? "the server is in trouble", wait),
            _ => new ClientFailure.Refused(problem.Type, details.Title ?? problem.Status.ToString(), Name(details)),
        };
    }

    private static string? Name(ProblemJson details) =>
        details.Rule is null ? details.Field : details.Field is null ? details.Rule : $"{details.Field}: {details.Rule}";
}
