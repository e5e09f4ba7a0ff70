using System.Text;
using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Threats;

/// <summary>
/// F21: what a server, another device or a file wrote reaches the terminal. There is one way out, and it lets no text
/// move the cursor, turn the writing around or make a line of its own: in no place of any answer, for people, for
/// machines, and at a terminal.
/// </summary>
public sealed class TerminalTests(LiedToFixture fixture) : IClassFixture<LiedToFixture>, IAsyncLifetime
{
    private CommandLine _device = null!;
    private string _code = "";
    private string _token = "";

    private (string Input, string[] Arguments)[] Runs =>
    [
        ("", ["account", "show"]), ("", ["account", "undo"]), ("", ["backup", "history", "a"]),
        ("", ["backup", "get", "a", "--version", "1"]), ("content", ["backup", "put", "a", "-"]),
        (_code, ["code", "check"]), ("", ["passphrase", "status", "--token", _token]), ("", ["erase", "status"]),
        ("", ["admin", "erasures", "job", "--token", _token]), ("", ["activity"]),
        ("", ["admin", "events", "--token", _token]), ("", ["admin", "statistics", "--token", _token]),
        ("", ["admin", "accounts", "--token", _token]),
    ];

    [Fact]
    public async Task F21_no_text_in_any_place_of_a_problem_writes_to_the_terminal()
    {
        var seen = 0;
        foreach (var place in (string[])["all", "type", "title", "field"])
        {
            fixture.Proxy.Lie = answer => answer with
            {
                Status = 400, Reason = Writing.InOneLine, Type = "application/problem+json", Body = Problem(place),
            };
            foreach (var (input, arguments) in Runs[5..]) seen += await RunAsync(place, input, arguments);
        }

        Assert.True(seen > 8, $"only {seen} showed it");
    }

    [Fact]
    public async Task F21_no_reason_phrase_page_or_header_writes_to_the_terminal()
    {
        foreach (var status in (int[])[200, 407, 503])
        {
            fixture.Proxy.Lie = answer => answer with
            {
                Status = status, Reason = Writing.InOneLine, Type = "text/html",
                Body = Encoding.UTF8.GetBytes(Writing.Text),
            };
            foreach (var (input, arguments) in Runs[..2]) await RunAsync($"{status}", input, arguments);
        }
    }

    [Fact]
    public async Task F21_no_text_in_any_place_of_an_honest_answer_writes_to_the_terminal()
    {
        var places = 0;
        foreach (var (input, arguments) in Runs)
        {
            var answers = new List<(string Path, string Place)>();
            fixture.Proxy.Lie = answer =>
            {
                if (IsJson(answer))
                    answers.AddRange(Writing.Strings(answer.Body).Select(place => (answer.Path, place)));
                return answer;
            };
            await _device.TypeAsync(input, arguments);
            foreach (var (path, place) in answers.Distinct())
            {
                places++;
                fixture.Proxy.Lie = answer => answer.Path == path && IsJson(answer)
                    ? answer with { Body = Writing.Instead(answer.Body, place) } : answer;
                // Machines are told the same by one writer, which the problems show.
                await RunAsync($"{path} {place}", input, arguments, [[]]);
            }
        }

        Assert.True(places > 10, $"{places} places");
    }

    [Fact]
    public async Task F21_what_was_typed_or_stands_in_a_file_is_no_exception()
    {
        var realms = fixture.NewPath(".json");
        await File.WriteAllTextAsync(realms, JsonSerializer.Serialize(new[]
        {
            new { name = Writing.Text, url = "http://127.0.0.1:1", fingerprint = new string('A', 43) },
        }));
        foreach (var arguments in (string[][])[
            ["backup", "get", Writing.Text], ["backup", "history", Writing.Text], ["backup", Writing.Text],
            [Writing.Text], ["account", "show", $"--{Writing.Text}"], ["device", "revoke", Writing.Text],
            ["account", "show", "--server", Writing.Text], ["link", "scan", Writing.Text],
            ["backup", "put", Writing.Text, $"/nowhere/{Writing.Text}"], ["audit", "verify", "--receipt", Writing.Text],
            ["passphrase", "status", "--token", _token, "--realms", realms],
        ]) await RunAsync("argument", "", arguments);
    }

    [Fact]
    public async Task F21_nor_a_network_that_the_servers_own_log_proves()
    {
        const string Network = "\u001b[2J\u202e\u2066\u0085\b\r\nAll is well.\n[red]";
        using var log = new ForgedLog { Change = detail => detail with { Network = Network } };
        var known = 0UL;
        fixture.Proxy.Lie = answer =>
        {
            if (answer.Path == "/audit/key") return answer with { Body = log.AuditKey(answer.Body) };
            if (answer.Path != "/v1/activity") return answer;
            var told = ForgedLog.Bytes(log.Activity(answer.Body, known));
            known = log.Size;
            return answer with { Body = told };
        };
        var device = fixture.NewDevice().Through(fixture.Proxy.Address);
        (await device.RunAsync("account", "create", "--no-code", "--token", await fixture.NewTokenAsync())).Ended(0);
        foreach (var form in (string[][])[[], ["--json"]])
        {
            var run = (await device.RunAsync(["activity", .. form])).Ended(0);
            Assert.Empty(Writing.Find(run.Output).Concat(Writing.Find(run.Error)));
            Assert.Contains(form is [] ? "\uFFFD" : "[red]", run.Output, StringComparison.Ordinal);
        }
    }

    [NeedsFact(Need.Script)]
    public async Task F21_nor_at_a_terminal_in_colours()
    {
        fixture.Proxy.Lie = answer => answer with
        {
            Status = 400, Reason = Writing.InOneLine, Type = "application/problem+json", Body = Problem("all"),
        };
        foreach (var arguments in (string[][])[["account", "show"], ["backup", "history", "a"]])
        {
            using var terminal = PseudoTerminal.Start(_device, arguments);
            await terminal.ExitCodeAsync();
            Assert.Contains("\u001b[", terminal.Screen, StringComparison.Ordinal);
            Assert.Contains("\uFFFD", terminal.Screen, StringComparison.Ordinal);
            Assert.Empty(Writing.Find(terminal.Screen, isTerminal: true));
        }
    }

    [Fact]
    public void F21_such_a_text_would_be_found()
    {
        Assert.Equal(
            ["U+001B", "U+0007", "U+009B", "U+009D", "U+009C", "U+0085", "U+0008", "U+007F", "U+202E", "U+2066",
                "U+200F", "U+2028", "U+000D", "a line"],
            Writing.Find($"refused: {Writing.Text}"));
        Assert.Contains("a line", Writing.Find($"\u001b[31mrefused: {Writing.Text}\u001b[0m", isTerminal: true));
        Assert.Contains("U+001B", Writing.Find(Writing.InOneLine, isTerminal: true));
        Assert.Empty(Writing.Find("\u001b[31mrefused\u001b[0m\r\n", isTerminal: true));
    }

    public async Task InitializeAsync()
    {
        _token = await fixture.NewTokenAsync();
        fixture.Proxy.Lie = answer => answer;
        _device = fixture.NewDevice().Through(fixture.Proxy.Address);
        _code = (await _device.RunAsync("account", "create", "--code", "--name", "phone", "--token", _token, "--json"))
            .Ended(0).Text("code");
        foreach (var content in (string[])["first", "second"])
            (await _device.TypeAsync(content, "backup", "put", "a", "-")).Ended(0);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private static bool IsJson(LyingProxy.Answer answer) =>
        answer.Type.Contains("json", StringComparison.Ordinal) && answer.Body.Length > 0;

    private static byte[] Problem(string place) => JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
    {
        ["type"] = place is "type" or "all" ? $"urn:keyrecovery:error:{Writing.Text}"
            : "urn:keyrecovery:error:malformed",
        ["title"] = Text(place, "title"), ["detail"] = Text(place, "detail"), ["field"] = Text(place, "field"),
        ["rule"] = Text(place, "rule"), ["status"] = 400,
    });

    private static string Text(string place, string member) =>
        place == "all" || place == member ? Writing.Text : member;

    // For people and for machines; how often the text was shown, made harmless.
    private async Task<int> RunAsync(string lie, string input, string[] arguments, string[][]? forms = null)
    {
        var shown = 0;
        foreach (var form in forms ?? [[], ["--json"]])
        {
            var run = await _device.TypeAsync(input, [.. arguments, .. form]);
            var found = Writing.Find(run.Output).Concat(Writing.Find(run.Error)).ToList();
            Assert.True(found.Count == 0,
                $"{lie}, {string.Join(' ', arguments)}: {string.Join(' ', found)}\n{run.Output}\n{run.Error}");
            if ((run.Output + run.Error).Contains('\uFFFD', StringComparison.Ordinal)) shown++;
            if (form.Length > 0 && run.Bytes.Length > 0) Assert.Equal(JsonValueKind.Object, run.Json.ValueKind);
        }
        return shown;
    }
}
