using System.Globalization;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Http;

/// <summary>
/// What a person is told of a limit: which, how much is allowed and how much there is. The server's numbers, or those
/// that this device counts itself before it sends anything.
/// </summary>
internal static class LimitWords
{
    /// <summary>An item's content, by the app's policy, before it is sealed.</summary>
    public static ClientFailure.Refused Item(long limit, long size) => new(
        ProblemTypes.LimitReached, $"the item is too large: {Count(limit, "bytes")} allowed, it has {Count(size, "")}",
        "items.size")
    {
        Limit = limit,
        Used = size,
    };

    /// <summary>A limit that this device counts as the server does.</summary>
    public static ClientFailure.Refused Known(string field, long limit, long used) => new(
        ProblemTypes.LimitReached, Of(new ProblemJson(Field: field, Limit: limit, Used: used)), field)
    {
        Limit = limit,
        Used = used,
    };

    public static string Of(ProblemJson problem)
    {
        var (what, unit) = problem.Field switch
        {
            "account.size" => ("the account is full", "bytes"),
            "kept.size" => ("a device that is new to the account may not push older versions out", "bytes"),
            "items" => ("the account has no room for another item", "items"),
            "items.size" => ("the item is too large", "bytes"),
            "items.staged" => ("too much is stored ahead of its commit", "items"),
            "commits" => ("the account was changed too often today", "changes"),
            "links" when problem.Limit is null or <= Limits.LinksPerDay =>
                ("devices and codes were changed too often today", "changes"),
            "links" or "links.bytes" or "authorities" => ("devices and codes were changed too often, ever", ""),
            "additions" => ("too many devices and codes were added today", "additions"),
            "active" => ("the account has no room for another device, code or passphrase", "together"),
            "young.commits" or "young.links" =>
                ("devices that are new to the account changed it too often today", "changes"),
            "young.additions" => ("devices that are new to the account added as many as they may", "additions"),
            "sessions" => ("too many devices are being linked at once", "sessions"),
            "slots" => ("there are too many passphrases", "passphrases"),
            "registrations" => ("too many passphrases were set today", "passphrases"),
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
