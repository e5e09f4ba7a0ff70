using System.Globalization;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Invocation;

/// <summary>What a person does about a limit that is reached, by the field that the server or the SDK names.</summary>
internal static class LimitText
{
    private const string Room = "To make room: keyrecovery backup list, then keyrecovery backup remove NAME";
    private const string Tomorrow =
        "It is counted by the day, which ends at midnight UTC. Removing a device or a code works at any time.";

    /// <summary>A file that is more than any item may have.</summary>
    /// <param name="limit">The most, in bytes.</param>
    /// <param name="size">What it has; null where it was not read to its end.</param>
    public static CliFailure Item(long limit, long? size) => new(
        ProblemTypes.LimitReached,
        string.Create(
            CultureInfo.InvariantCulture,
            $"the item is too large: {limit:N0} bytes allowed, it has {(size is { } s ? $"{s:N0}" : "more")}"))
    {
        Advice = ["Nothing was sent.", .. Advice("items.size")],
        Details = Json("items.size", limit, size),
    };

    /// <summary>What is handed over beside an account.</summary>
    public static CliFailure Bundle(long? size) => new(
        ProblemTypes.LimitReached,
        string.Create(
            CultureInfo.InvariantCulture,
            $"the bundle is too large: {LinkLimits.BundleBytes:N0} bytes allowed, it has {(size is { } s
                ? $"{s:N0}" : "more")}"))
    {
        Advice = ["Nothing was sent. Store what is more as items: keyrecovery backup put NAME FILE"],
        Details = Json("bundle", LinkLimits.BundleBytes, size),
    };

    public static string[] Advice(string? field) => field switch
    {
        "items.size" =>
            ["Split it, or store the key that opens it here, and the rest wherever the app keeps large files."],
        "items" => [Room, "Or put several things into one item."],
        "account.size" => [Room],
        "items.staged" => [$"What waits for its commit is let go after {Limits.StagedHours} h. Try again then."],
        "kept.size" => ["An older device of the account may, or this one once it is trusted: keyrecovery device list"],
        "commits" or "links" or "additions" or "registrations" => [Tomorrow],
        "links.bytes" or "authorities" =>
            ["What removes as many as it adds still works: keyrecovery code create --replace, device revoke."],
        "active" => ["To make room: keyrecovery device list, then keyrecovery device revoke ID"],
        "young.commits" or "young.links" or "young.additions" =>
            ["An older device of the account may at once. Else: midnight UTC begins a new day."],
        "sessions" => ["A code that nobody uses ends after two minutes. Try again then."],
        "slots" => ["Remove one that is no longer needed: keyrecovery passphrase remove"],
        _ => ["The limits are told by GET /v1/config."],
    };

    private static JsonObject Json(string field, long limit, long? used) =>
        new() { ["field"] = field, ["limit"] = limit, ["used"] = used };
}
