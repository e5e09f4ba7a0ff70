using KeyRecovery.Cli.Tests.Commands;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Threats;

/// <summary>Where a code or a key could be seen by others: arguments, output, the terminal.</summary>
[Collection(CliTests.Name)]
public sealed class SecretsTests(CliFixture fixture)
{
    [Fact]
    public async Task Z14_a_code_is_in_no_output_but_that_which_shows_it_once()
    {
        var (device, code) = await fixture.NewAccountAsync();
        var content = Canary.NewText();
        var scanner = new CanaryScanner(
        [
            Canary.Of("code", code), Canary.Of("code without spaces", code.Replace(" ", "", StringComparison.Ordinal)),
            Canary.Of("code in capitals", code.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant()),
            Canary.Of("first half", code[..23]), Canary.Of("second half", code[24..]), Canary.Of("item", content),
        ]);
        var found = fixture.NewDevice();
        (CommandLine Device, string Input, string[] Arguments)[] runs =
        [
            (device, content, ["backup", "put", "a", "-"]), (device, "", ["backup", "list"]),
            (device, "", ["backup", "history", "a"]),
            (device, code, ["code", "check"]), (device, code + "q", ["code", "check"]),
            (device, code[..^1], ["code", "check"]),
            (device, RecoverTests.Change(code, 4, 2).Wrong, ["code", "check"]),
            (found, code, ["recover", "--code", "--remove", "none"]), (found, "", ["account", "show"]),
            (found, "", ["backup", "get", "--all", fixture.NewPath()]),
            (found, code, ["recover", "--code", "--remove", "all"]), (device, "", ["code", "remove", "--yes"]),
            (device, code, ["code", "check"]),
        ];
        foreach (var (on, input, arguments) in runs)
        {
            foreach (var form in (string[][])[[], ["--json"]])
            {
                var run = await on.TypeAsync(input, [.. arguments, .. form]);
                Assert.Empty(scanner.Scan($"{string.Join(' ', arguments)}: output", run.Bytes));
                Assert.Empty(
                    scanner.Scan(
                        $"{string.Join(' ', arguments)}: error", System.Text.Encoding.UTF8.GetBytes(run.Error)));
            }
        }

        // The scanner finds what is there: a new code in the output that shows it, the item in the output that is asked
        // for.
        var shown = (await device.RunAsync("code", "create", "--json")).Ended(0);
        Assert.NotEmpty(new CanaryScanner([Canary.Of("code", shown.Text("code"))]).Scan("output", shown.Bytes));
        Assert.NotEmpty(scanner.Scan("output", (await device.RunAsync("backup", "get", "a")).Ended(0).Bytes));
    }

    [Theory]
    [InlineData("recover", "--code")]
    [InlineData("code", "check")]
    public async Task A_code_as_an_argument_is_refused_and_not_repeated(params string[] command)
    {
        var (device, code) = await fixture.NewAccountAsync();
        foreach (var arguments in (string[][])[
            [code], code.Split(' '), [code.Replace(" ", "", StringComparison.Ordinal)],
        ])
        {
            var run = (await device.RunAsync([.. command, .. arguments])).Ended(2);
            Assert.Contains("never an argument", run.Error, StringComparison.Ordinal);
            Assert.DoesNotContain(code[^9..], run.Output + run.Error, StringComparison.Ordinal);
            Assert.DoesNotContain(code[^4..], run.Output + run.Error, StringComparison.Ordinal);
        }
    }

    [NeedsFact(Need.Linux)]
    public async Task No_argument_takes_a_secret()
    {
        // While it waits for the code, all the world may read its arguments.
        var (device, code) = await fixture.NewAccountAsync();
        using var process = device.Start("code", "check", "--json");
        await Task.Delay(TimeSpan.FromSeconds(1));
        var seen = await File.ReadAllTextAsync($"/proc/{process.Id}/cmdline")
            + await File.ReadAllTextAsync($"/proc/{process.Id}/environ");
        await process.StandardInput.WriteLineAsync(code);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(0, process.ExitCode);
        Assert.Contains("code", seen, StringComparison.Ordinal);
        Assert.DoesNotContain(code[4..8], seen, StringComparison.OrdinalIgnoreCase);
    }

    [NeedsFact(Need.Script)]
    public async Task A_code_is_typed_at_a_terminal_without_echo()
    {
        var (_, code) = await fixture.NewAccountAsync("lost phone");
        var device = fixture.NewDevice();
        using var terminal = PseudoTerminal.Start(device, "recover", "--code", "--name", "new phone");
        await terminal.WaitForAsync("Recovery code:");
        await terminal.TypeAsync(RecoverTests.Change(code, 5, 3).Wrong);
        await terminal.WaitForAsync("Group 5, character 3 looks wrong");
        await terminal.TypeAsync("y");
        await terminal.WaitForAsync("lost phone");
        await terminal.WaitForAsync("Numbers, all or none:");
        await terminal.TypeAsync("7");
        await terminal.WaitForAsync("Numbers, all or none:");
        await terminal.TypeAsync("1");
        await terminal.WaitForAsync("Locked out: lost phone");
        Assert.Equal(0, await terminal.ExitCodeAsync());

        var groups = code.Split(' ');
        Assert.All(
            groups[1..], group => Assert.DoesNotContain(group, terminal.Screen, StringComparison.OrdinalIgnoreCase));
        Assert.Contains("••••", terminal.Screen, StringComparison.Ordinal);
    }

    [NeedsFact(Need.Script)]
    public async Task A_code_pasted_in_lines_is_read_at_a_terminal()
    {
        var (device, code) = await fixture.NewAccountAsync();
        using var terminal = PseudoTerminal.Start(device, "code", "check");
        await terminal.WaitForAsync("Recovery code:");
        await terminal.TypeAsync(code[..23] + "\r" + code[24..]);
        await terminal.WaitForAsync("The code works");
        Assert.Equal(0, await terminal.ExitCodeAsync());
        Assert.DoesNotContain(code[24..28], terminal.Screen, StringComparison.Ordinal);
    }

    [NeedsFact(Need.Script)]
    public async Task A_question_that_nobody_wants_to_answer_ends_at_once()
    {
        var (device, _) = await fixture.NewAccountAsync();
        using var terminal = PseudoTerminal.Start(device, "code", "check");
        await terminal.WaitForAsync("Recovery code:");
        await terminal.TypeAsync("\u0003");
        Assert.NotEqual(0, await terminal.ExitCodeAsync());
        // A terminal shows ^C only where it comes before the program reads keys by itself.
        var at = terminal.Screen.IndexOf("^C", StringComparison.Ordinal);
        Assert.DoesNotContain("Recovery code:", at < 0 ? "" : terminal.Screen[at..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_would_write_to_the_terminal_is_taken_by_nobody_and_not_repeated_either()
    {
        var (device, _) = await fixture.NewAccountAsync();
        foreach (var name in (string[])["\u001b]0;title\u0007 key", "phone\u001b[2J\u202egnp"])
            foreach (var arguments in (string[][])[
                ["backup", "put", name, "-"], ["device", "rename", "phone", name],
                ["account", "create", "--no-code", "--name", name], ["backup", "get", name],
            ])
            {
                var run = await device.TypeAsync("content", arguments);
                Assert.NotEqual(0, run.ExitCode);
                Assert.DoesNotContain(run.Output + run.Error, c => c is '\u001b' or '\u0007' or '\u202e');
            }
    }
}
