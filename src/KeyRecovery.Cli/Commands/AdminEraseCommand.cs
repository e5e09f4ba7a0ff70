using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// <c>admin erase</c> and <c>admin erasures</c>: an operator files a job, and sees what came of each line.
/// </summary>
internal static class AdminEraseCommand
{
    private const int Page = 200;

    // Each look reads every line.
    private const int LookEvery = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static Command Make()
    {
        var file = new Option<string>("--file") {
            HelpName = "SUBJECTS.ndjson", Description = "A line {\"subject\": \"…\"} for each user", Required = true,
        };
        var again = new Option<string?>("--again") {
            HelpName = "JOB", Description = "Makes a new job after that one, which erases those who have come back",
        };
        var job = new Argument<string>("JOB") { Description = "The job's id" };
        var admin = new Command("admin", "For operators, with their token")
        {
            new Command("erase", "Erases the accounts of users, at once and without asking") { file, again }
                .Runs((context, parsed, ct) => RunAsync(
                    context, parsed.GetRequiredValue(file), parsed.GetValue(again), ct), usesHome: false),
            new Command("erasures", "Says how a job stands") { job }
                .Runs((context, parsed, ct) => TellAsync(context, parsed.GetRequiredValue(job), ct), usesHome: false),
            AdminMoveCommand.Make(), AdminFeedCommand.Events(), AdminFeedCommand.Statistics(),
        };
        foreach (var command in AdminAccountCommand.Make()) admin.Add(command);
        return admin;
    }

    private static async Task RunAsync(CliContext context, string path, string? again, CancellationToken ct)
    {
        await using var lines = File.OpenRead(path);
        var query = again is null ? "" : $"?again={Uri.EscapeDataString(again)}";
        var filed = await OperatorApi.SendAsync(context, HttpMethod.Post, $"/v1/admin/erasures{query}", lines, ct);
        var job = filed.GetProperty("job").GetString()!;
        context.Output.Note($"job {job}");
        var (steady, left) = (0, -1);
        await context.Output.WithProgressAsync("Erasing", async progress =>
        {
            while (true)
            {
                var report = await ReadAsync(context, job, 0, 1, ct);
                var (all, pending) = (report.GetProperty("lines").GetInt32(), report.GetProperty("pending").GetInt32());
                progress.Report((all - pending, all));
                if (pending == 0) return report;
                // What waits for a legal hold ends on another day.
                (steady, left) = pending == left ? (steady + 1, left) : (0, pending);
                if (steady % LookEvery == LookEvery - 1 && await CountHeldAsync(context, job, ct) == pending)
                    return report;
                await Task.Delay(Pause, ct);
            }
        });
        await TellAsync(context, job, ct);
    }

    private static async Task TellAsync(CliContext context, string job, CancellationToken ct)
    {
        var (outcomes, report) = await ReadAllAsync(context, job, ct);
        int Count(string name) => report.GetProperty(name).GetInt32();
        context.Output.Result(
            new JsonObject
            {
                ["job"] = job,
                ["state"] = report.GetProperty("state").GetString(),
                ["lines"] = Count("lines"),
                ["erased"] = Count("erased"),
                ["unknown"] = Count("unknown"),
                ["pending"] = Count("pending"),
                ["returned"] = Count("returned"),
                ["outcomes"] = outcomes.Select(line => (JsonNode?)JsonObject.Create(line)).ToJson(),
            },
            people =>
            {
                foreach (var line in outcomes)
                {
                    var receipt = line.TryGetProperty("receipt", out var signed) ? $"  {signed.GetString()}" : "";
                    var returned = line.TryGetProperty("returned", out _) ? ", has an account again" : "";
                    people.WriteUnbroken(
                        $"line {line.GetProperty("line").GetInt32()}: "
                        + $"{line.GetProperty("outcome").GetString()}{returned}{receipt}");
                }

                people.WriteUnbroken(
                    $"job {job}: {Count("erased")} erased, {Count("unknown")} unknown, {Count("pending")} pending");
                if (Count("returned") is 0) return;
                people.WriteUnbroken(
                    $"{Count("returned")} have an account again, made after this job: it erases none of these.");
                people.WriteUnbroken($"To erase them, file the list with --again {job}");
            });
    }

    private static async Task<int> CountHeldAsync(CliContext context, string job, CancellationToken ct) =>
        (await ReadAllAsync(context, job, ct)).Outcomes
            .Count(line => line.GetProperty("outcome").GetString() == "held");

    private static async Task<(List<JsonElement> Outcomes, JsonElement Report)> ReadAllAsync(
        CliContext context, string job, CancellationToken ct)
    {
        var (outcomes, after) = (new List<JsonElement>(), 0);
        while (true)
        {
            var report = await ReadAsync(context, job, after, Page, ct);
            var page = report.GetProperty("outcomes").EnumerateArray().ToList();
            outcomes.AddRange(page);
            if (page.Count < Page) return (outcomes, report);
            after = page[^1].GetProperty("line").GetInt32();
        }
    }

    private static Task<JsonElement> ReadAsync(
        CliContext context, string job, int after, int limit, CancellationToken ct) =>
        OperatorApi.SendAsync(context, HttpMethod.Get,
            $"/v1/admin/erasures/{Uri.EscapeDataString(job)}?after={after}&limit={limit}", null, ct);
}
