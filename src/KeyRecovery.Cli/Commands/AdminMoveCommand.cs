using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// <c>admin move</c>: an operator gives the accounts of many users another subject or issuer. Nothing is kept between
/// two runs: after a kill the same command finds what is done, and goes on.
/// </summary>
internal static class AdminMoveCommand
{
    private const int PageLines = 200;
    private const int MostLines = 100_000;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    // What waits for somebody: a person sees each such line.
    private static readonly string[] Left = ["unknown", "taken", "erased", "lost", "full", "failed"];

    public static Command Make()
    {
        var file = new Argument<string>("MOVES.ndjson")
        {
            Description =
                "A line {\"subject\": \"…\", \"to\": \"…\"} for each user, with \"issuer\" for another name",
        };
        var apply = new Option<bool>("--apply")
        {
            Description = "Moves them. Without it nothing is moved, and told what would be",
        };
        return new Command("move", "Gives the accounts of users another subject or issuer; a dry run without --apply")
        {
            file, apply,
        }.Runs((context, parsed, ct) => RunAsync(
            context, parsed.GetRequiredValue(file), parsed.GetValue(apply), ct), usesHome: false);
    }

    private static async Task RunAsync(CliContext context, string path, bool applies, CancellationToken ct)
    {
        var lines = Read(path);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal) { ["moved"] = 0, ["same"] = 0 };
        foreach (var word in Left) counts[word] = 0;
        var left = new List<(int Line, string Outcome)>();
        if (!applies) context.Output.Note("a dry run: nothing is moved without --apply");
        await context.Output.WithProgressAsync(applies ? "Moving" : "Looking", async progress =>
        {
            var done = 0;
            foreach (var page in lines.Chunk(PageLines))
            {
                var body = new JsonObject
                {
                    ["dryRun"] = !applies,
                    ["moves"] = new JsonArray([.. page.Select(line => (JsonNode)line.Move)]),
                };
                var told = await OperatorApi.SendAsync(context, "/v1/admin/moves", body, ct);
                var outcomes = told.GetProperty("outcomes").EnumerateArray().Select(o => o.GetString() ?? "").ToList();
                if (outcomes.Count != page.Length || told.GetProperty("dryRun").GetBoolean() == applies)
                    throw new CommandException(
                        new CliFailure("transient", "what came is no answer of a KeyRecovery server"));
                foreach (var (line, outcome) in page.Zip(outcomes))
                {
                    // A newer server may say more.
                    counts[outcome] = counts.GetValueOrDefault(outcome) + 1;
                    if (outcome is not ("moved" or "same")) left.Add((line.Number, outcome));
                }

                progress.Report((done += page.Length, lines.Count));
            }

            return done;
        });
        Tell(context, applies, lines.Count, counts, left);
        if (applies && counts["failed"] > 0)
            throw new CommandException(new CliFailure(
                "transient", $"{counts["failed"]} accounts could not be moved now; send the file again"));
    }

    private static void Tell(
        CliContext context, bool applies, int lines, Dictionary<string, int> counts,
        List<(int Line, string Outcome)> left)
    {
        var json = new JsonObject { ["dryRun"] = !applies, ["lines"] = lines };
        foreach (var (word, count) in counts) json[word] = count;
        json["left"] = new JsonArray([.. left.Select(line => (JsonNode)new JsonObject
        {
            ["line"] = line.Line, ["outcome"] = line.Outcome,
        })]);
        context.Output.Result(json, people =>
        {
            foreach (var (line, outcome) in left) people.WriteUnbroken($"line {line}: {outcome}");
            var rest = counts.Where(c => c.Value > 0 && c.Key is not ("moved" or "same"))
                .Select(c => $", {c.Value} {c.Key}");
            var moved = applies ? "moved" : "would be moved";
            people.WriteUnbroken($"{counts["moved"]} {moved}, {counts["same"]} there already{string.Concat(rest)}");
            if (!applies) people.WriteLine("Nothing was moved: this was a dry run. To move them: --apply");
        });
    }

    private static List<(int Number, JsonObject Move)> Read(string path)
    {
        var (moves, number) = (new List<(int, JsonObject)>(), 0);
        var named = new Dictionary<string, int>(StringComparer.Ordinal);
        try
        {
            foreach (var text in File.ReadLines(path, StrictUtf8))
            {
                if (++number > MostLines) throw Wrong(number, $"a file has at most {MostLines} lines");
                if (string.IsNullOrWhiteSpace(text)) continue;
                var move = Parse(text) ?? throw Wrong(number, "is no {\"subject\": \"…\", \"to\": \"…\"}");
                // The server sees some lines at a time, this the whole file.
                foreach (var name in Names(move))
                    if (!named.TryAdd(name, number))
                        throw Wrong(number, $"names a user that line {named[name]} names");
                moves.Add((number, move));
            }
        }
        catch (DecoderFallbackException)
        {
            throw Wrong(number + 1, "is no UTF-8");
        }

        return moves.Count > 0 ? moves : throw Wrong(1, "the file names nobody");
    }

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false })
                is JsonObject move && Text(move, "subject") is not null
                && move.All(m => m.Key is "subject" or "to" or "issuer" && Text(move, m.Key) is not null) ? move : null;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // Not JSON, or half of a character.
            return null;
        }
    }

    private static IEnumerable<string> Names(JsonObject move) =>
        new[] { Text(move, "subject"), Text(move, "to") }.OfType<string>().Distinct(StringComparer.Ordinal);

    private static string? Text(JsonObject move, string name) =>
        move[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static CommandException Wrong(int line, string what) => new(
        new CliFailure("malformed", $"line {line}: {what}") { Advice = ["Nothing was sent."] });
}
