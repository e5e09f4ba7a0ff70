using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// <c>admin accounts</c>, the list; <c>account</c>, <c>suspend</c>, <c>resume</c>, <c>hold</c>, <c>holds</c> and
/// <c>release</c>: what an operator does with one account, by its user's name or with <c>--id</c> by its own id.
/// </summary>
internal static class AdminAccountCommand
{
    private const int PageAccounts = 200;

    public static IEnumerable<Command> Make()
    {
        yield return List();
        yield return Of("account", "Says how a user's account stands");
        yield return Of("suspend", "Suspends an account: it is read, and not changed", "suspend");
        yield return Of("resume", "Ends a suspension", "resume");
        var (reason, reference) = (Needed("--reason", "TEXT", "Why; operators with the scope read it, nobody else"),
            Needed("--reference", "TEXT", "The case, which names this hold for good"));
        yield return Of(
            "hold", "Puts an account under a legal hold: it is not erased", "hold", reason, reference);
        var released = Needed("--reference", "TEXT", "The hold's");
        yield return Of("release", "Ends a legal hold: an erasure that waited goes on", "release", released);
        var (who, isId) = Named();
        yield return new Command("holds", "Lists an account's legal holds, with their reasons") { who, isId }.Runs(
            async (context, parsed, ct) =>
            {
                var path = await PathAsync(context, parsed.GetRequiredValue(who), parsed.GetValue(isId), ct);
                TellHolds(context, await OperatorApi.SendAsync(
                    context, HttpMethod.Get, $"{path}/holds", null, ct));
            }, usesHome: false);
    }

    private static Command List()
    {
        var after = new Option<string?>("--after")
        {
            HelpName = "CURSOR", Description = "Begins behind a page of an earlier run: next of its last line",
        };
        return new Command("accounts", "Lists the app's accounts, and how each stands") { after }.Runs(
            (context, parsed, ct) => ListAsync(context, parsed.GetValue(after), ct), usesHome: false);
    }

    // One line an account, as it comes: of many there is no end in sight.
    private static async Task ListAsync(CliContext context, string? after, CancellationToken ct)
    {
        var count = 0;
        do
        {
            var cursor = after is null ? "" : $"&after={Uri.EscapeDataString(after)}";
            var page = await OperatorApi.SendAsync(
                context, HttpMethod.Get, $"/v1/admin/accounts?limit={PageAccounts}{cursor}", null, ct);
            foreach (var one in page.GetProperty("accounts").EnumerateArray())
                context.Output.Step(JsonObject.Create(one)!, people => people.WriteUnbroken(
                    $"{Text(one, "account")}: {Text(one, "state")}, used on {Text(one, "usedOn")}"
                    + (one.TryGetProperty("erasableOn", out var day) ? $", erased from {day} on if nobody comes" : "")
                    + (one.TryGetProperty("suspendedSince", out _) ? ", suspended" : "")
                    + (one.TryGetProperty("heldSince", out _) ? ", under a legal hold" : "")));
            count += page.GetProperty("accounts").GetArrayLength();
            var next = page.TryGetProperty("next", out var more) ? more.GetString() : null;
            if (next is not null && next == after)
                throw new CommandException(new CliFailure("transient", "the server's list of accounts does not go on"));
            after = next;
            if (after is not null) context.Output.Step(new JsonObject { ["next"] = after }, _ => { });
        }
        while (after is not null);

        context.Output.Result(
            new JsonObject { ["accounts"] = count }, people => people.WriteLine($"{count} accounts"));
    }

    private static Command Of(string name, string what, string? act = null, params Option<string>[] words)
    {
        var (who, isId) = Named();
        var command = new Command(name, what) { who, isId };
        foreach (var word in words) command.Add(word);
        return command.Runs(
            async (context, parsed, ct) =>
            {
                var path = await PathAsync(context, parsed.GetRequiredValue(who), parsed.GetValue(isId), ct);
                if (act is null)
                {
                    Tell(context, await OperatorApi.SendAsync(context, HttpMethod.Get, path, null, ct));
                    return;
                }

                var body = words.Length == 0 ? null : new JsonObject();
                foreach (var word in words) body![word.Name.TrimStart('-')] = parsed.GetRequiredValue(word);
                Tell(context, await OperatorApi.SendAsync(context, $"{path}/{act}", body, ct));
            }, usesHome: false);
    }

    private static (Argument<string> Who, Option<bool> IsId) Named() => (
        new Argument<string>("SUBJECT") { Description = "The user's name in the app's tokens" },
        new Option<bool>("--id") { Description = "SUBJECT is the id of an account" });

    private static Option<string> Needed(string name, string help, string what) =>
        new(name) { HelpName = help, Description = what, Required = true };

    private static async Task<string> PathAsync(CliContext context, string named, bool isId, CancellationToken ct)
    {
        if (isId) return $"/v1/admin/accounts/{Uri.EscapeDataString(named)}";
        var found = await OperatorApi.SendAsync(
            context, HttpMethod.Get, $"/v1/admin/accounts?subject={Uri.EscapeDataString(named)}", null, ct);
        return $"/v1/admin/accounts/{found.GetProperty("account").GetString()}";
    }

    private static void Tell(CliContext context, JsonElement told) => context.Output.Result(
        JsonObject.Create(told)!,
        people =>
        {
            people.WriteUnbroken($"account {told.GetProperty("account").GetString()}: {Text(told, "state")}");
            if (Time(told, "suspendedSince") is { } suspended)
                people.WriteLine($"Suspended since {suspended}: it is read, and not changed.");
            if (Time(told, "heldSince") is { } held)
                people.WriteLine($"Under a legal hold since {held}: it is not erased.");
            if (told.TryGetProperty("erasure", out var erasure))
                people.WriteLine(
                    $"An erasure was asked for on {Time(erasure, "requestedAt")}: {Text(erasure, "state")}");
            if (told.TryGetProperty("devices", out var devices))
                people.WriteLine(
                    $"{devices} devices, {Text(told, "codes")} recovery codes, {Text(told, "passphrases")} "
                    + $"passphrases, {Text(told, "otherSlots")} other slots; {Text(told, "liveBytes")} bytes, "
                    + $"{Text(told, "keptBytes")} of older versions, {Text(told, "stagedBytes")} staged");
            if (told.TryGetProperty("createdOn", out var created))
                people.WriteLine(
                    $"Made on {created}, changed on {Text(told, "changedOn")}, used on {Text(told, "usedOn")}");
            if (told.TryGetProperty("erasableOn", out var erasable))
                people.WriteLine(
                    $"The app was warned on {Text(told, "warnedOn")} that nobody uses it: it is erased from {erasable} "
                    + "on, if nobody comes.");
        });

    private static void TellHolds(CliContext context, JsonElement told) => context.Output.Result(
        JsonObject.Create(told)!,
        people =>
        {
            foreach (var hold in told.GetProperty("holds").EnumerateArray())
            {
                var end = Time(hold, "released") is { } at ? $"released {at} by {Text(hold, "releasedBy")}" : "stands";
                people.WriteUnbroken(
                    $"{Text(hold, "reference")}: since {Time(hold, "since")} by {Text(hold, "by")}, {end}");
                people.WriteIndented(Text(hold, "reason"));
            }

            if (told.GetProperty("holds").GetArrayLength() == 0) people.WriteLine("There was none.");
        });

    private static string Text(JsonElement told, string name) =>
        told.TryGetProperty(name, out var value) ? value.ToString() : "-";

    private static string? Time(JsonElement told, string name) =>
        told.TryGetProperty(name, out var value) && value.TryGetInt64(out var seconds)
            ? Words.Time(ToldTime.At(seconds)) : null;
}
