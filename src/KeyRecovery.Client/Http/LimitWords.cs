using System.Globalization;

namespace KeyRecovery.Client.Http;

/// <summary>What a person is told of a limit that is used up, with the server's numbers where it gives them.</summary>
internal static class LimitWords
{
    public static string Of(ProblemJson problem)
    {
        var (what, unit) = problem.Field switch
        {
            "account.size" => ("the account is full", "bytes"),
            "items.size" => ("the item is too large", "bytes"),
            "items.staged" => ("too much is stored ahead of its commit", "items"),
            "links" => ("devices and codes were changed too often", "changes"),
            "sessions" => ("too many devices are being linked at once", "sessions"),
            "slots" => ("there are too many passphrases", "passphrases"),
            _ => (problem.Title ?? "a limit is used up", ""),
        };
        return (problem.Limit, problem.Used) switch
        {
            ({ } limit, { } size) when problem.Field == "items.size" =>
                $"{what}: {Count(limit, unit)} allowed when sealed, it has {Count(size, "")}",
            ({ } limit, { } used) => $"{what}: {Count(limit, unit)} allowed, {Count(used, "")} used",
            ({ } limit, null) => $"{what}: {Count(limit, unit)} allowed",
            _ => what,
        };
    }

    private static string Count(long count, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {unit}").TrimEnd();
}
