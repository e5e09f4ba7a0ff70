using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// <c>admin events</c> and <c>admin statistics</c>: what was done to an app's accounts, as its back end is told, and
/// how much.
/// </summary>
internal static class AdminFeedCommand
{
    private const int Wait = 20_000;

    public static Command Events()
    {
        var after = new Option<string?>("--after")
        {
            HelpName = "CURSOR", Description = "Leaves out what came before; next of an earlier run",
        };
        var follow = new Option<bool>("--follow") { Description = "Goes on with what comes, until it is interrupted" };
        return new Command("events", "What was done to the app's accounts in the last 30 days") { after, follow }
            .Runs((context, parsed, ct) => EventsAsync(
                context, parsed.GetValue(after), parsed.GetValue(follow), ct), usesHome: false);
    }

    public static Command Statistics() => new Command("statistics", "How much was done in the app")
        .Runs((context, _, ct) => StatisticsAsync(context, ct), usesHome: false);

    private static async Task EventsAsync(CliContext context, string? after, bool follows, CancellationToken ct)
    {
        while (true)
        {
            var cursor = after is null ? "" : $"after={Uri.EscapeDataString(after)}&";
            var page = await OperatorApi.SendAsync(
                context, HttpMethod.Get, $"/v1/events?{cursor}waitMs={(follows ? Wait : 0)}", null, ct);
            after = page.GetProperty("next").GetString();
            if (page.GetProperty("leftOut").GetBoolean())
                context.Output.Note("events before these are gone: older than 30 days, or lost in a restore");
            foreach (var one in page.GetProperty("events").EnumerateArray())
                context.Output.Step(JsonObject.Create(one)!, people => people.WriteUnbroken(Line(one)));
            if (page.GetProperty("more").GetBoolean() || follows) continue;
            context.Output.Result(
                new JsonObject { ["next"] = after },
                people => people.WriteUnbroken($"To go on from here: --after {after}"));
            return;
        }
    }

    private static async Task StatisticsAsync(CliContext context, CancellationToken ct)
    {
        var counted = await OperatorApi.SendAsync(context, HttpMethod.Get, "/v1/admin/statistics", null, ct);
        context.Output.Result(JsonObject.Create(counted)!, people =>
        {
            people.WriteUnbroken($"{counted.GetProperty("alive").GetUInt64()} accounts of {Text(counted, "app")}");
            if (counted.TryGetProperty("quota", out var quota))
                foreach (var kind in (string[])["accounts", "bytes"])
                    if (quota.TryGetProperty(kind, out var most))
                        people.WriteUnbroken(
                            $"  quota: {quota.GetProperty($"{kind}Used").GetUInt64()} of {most.GetUInt64()} {kind}");
            var all = counted.GetProperty("all");
            foreach (var count in all.EnumerateObject())
                foreach (var (name, value) in Numbers(count)) people.WriteUnbroken($"  {name}: {value} in all");
            foreach (var day in counted.GetProperty("days").EnumerateArray())
            {
                var done = day.GetProperty("counts").EnumerateObject().SelectMany(Numbers)
                    .Where(count => count.Value > 0).Select(count => $"{count.Name} {count.Value}");
                people.WriteUnbroken($"{Text(day, "day")}: {string.Join(", ", done)}");
            }
        });
    }

    private static IEnumerable<(string Name, ulong Value)> Numbers(JsonProperty count) =>
        count.Value.ValueKind == JsonValueKind.Object
            ? count.Value.EnumerateObject().Select(kind => ($"{count.Name} {kind.Name}", kind.Value.GetUInt64()))
            : [(count.Name, count.Value.GetUInt64())];

    private static string Line(JsonElement one)
    {
        var at = Words.Time(ToldTime.At(one.GetProperty("time").GetUInt64()));
        var parts = new[] { "of", "authority", "account", "subject", "erasableOn" }.Select(name => Text(one, name));
        return $"{at}  {Text(one, "kind")} {string.Join(' ', parts.Where(part => part.Length > 0))}".TrimEnd();
    }

    private static string Text(JsonElement from, string name) =>
        from.TryGetProperty(name, out var text) ? text.GetString() ?? "" : "";
}
