using System.Text.RegularExpressions;

namespace KeyRecovery.Architecture.Tests;

/// <summary>
/// A test that starts a program says that it needs it, so that it is skipped on a machine that lacks it.
/// </summary>
public partial class StartedPrograms
{
    // What every system that has the .NET SDK has too, and what comes with `mount`.
    private static readonly string[] Everywhere =
    [
        "bash", "cp", "dd", "dotnet", "env", "git", "ln", "mkfifo", "sh", "sync", "truncate", "umount",
    ];

    /// <summary>What tests call, and what they must say that they need.</summary>
    private static readonly (string Call, string[] Needs)[] Helpers =
    [
        ("Run(\"sign\",", ["Node", "Npm"]), ("Run(new() {", ["Node", "Npm"]), ("StormAsync(server,", ["Node"]),
        ("ReferenceAsync(", ["Argon2"]), ("Zbar.ReadAsync(", ["Zbarimg"]), ("LinkAsync(\"image\")", ["Zbarimg"]),
        ("PseudoTerminal.Start(", ["Script"]), ("TogetherAsync(", ["Node"]), ("Strace.Command(", ["Strace", "Tracing"]),
        ("Chromium.ScreenshotAsync(", ["Chromium", "Font"]), ("SmallDisk.Mount(", ["Mounting"]),
        ("Fault.SmallDisk(", ["Mounting"]), ("Fault.ReadOnly(", ["Chattr"]), ("new ImmutableFile(", ["Chattr"]),
        ("Try(\"chattr\"", ["Chattr"]), ("Run(\"chattr\"", ["Chattr"]),
        ("Assert.Null(Shell.Try(\"mount\"", ["Mounting"]),
        ("TestDesktop.StartAsync(", ["DesktopBus", "Keyring"]),
        ("new CliLife(", ["Tracing"]), (".ScanMemory(", ["Linux"]), ("/proc/", ["Linux"]), ("IsRunning(", ["Linux"]),
    ];

    [Fact]
    public void Every_program_that_a_test_starts_is_in_the_table_of_needs_or_everywhere()
    {
        var started = Repository.Files("tests").SelectMany(file => StartCall().Matches(Text(file)).Select(
            match => (File: file, Program: match.Groups[1].Value))).ToList();
        Assert.Superset(new HashSet<string> { "argon2", "chromium", "node", "zbarimg" },
            started.Select(s => s.Program).ToHashSet());
        var known = Table().Select(row => row.Program).Concat(Everywhere).ToList();
        Assert.All(started, s => Assert.True(known.Contains(s.Program), $"{s.File} starts {s.Program}"));
    }

    [Fact]
    public void Every_need_of_a_program_or_file_has_its_row_in_the_table()
    {
        var needs = NeedLine().Matches(Text("tests/KeyRecovery.Testing/Needs/Need.cs"))
            .Select(match => match.Groups[1].Value);
        Assert.Equal(
            needs.Except(["Azurite", "CosmosAccounts", "CosmosEmulator", "Linux", "OidcProvider", "Tracing"]),
            Table().Select(row => row.Need));
    }

    [Fact]
    public void A_test_that_calls_such_a_helper_names_the_need()
    {
        var tests = Repository.Files("tests").Where(file => !file.Contains("Architecture", StringComparison.Ordinal))
            .SelectMany(file => Tests(file, Text(file))).ToList();
        Assert.Empty(tests.SelectMany(Unnamed));
        Assert.All(
            Helpers,
            helper => Assert.Contains(tests, test => test.Body.Contains(helper.Call, StringComparison.Ordinal)));

        Assert.Equal(["a.cs: A() needs Chromium, Font"], Tests("a.cs", """
            class Seen
            {
                [NeedsFact(Need.Zbarimg)]
                public void A()
                {
                    Zbar.ReadAsync(1);

                    Chromium.ScreenshotAsync(2);
                }

                private void NotATest() => Zbar.ReadAsync(1);
            }
            """).SelectMany(Unnamed));
    }

    private static IEnumerable<string> Unnamed((string File, string Attributes, string Body) test) => Helpers
        .Where(helper => test.Body.Contains(helper.Call, StringComparison.Ordinal))
        .Where(helper => helper.Needs.Any(need => !test.Attributes.Contains($"Need.{need}", StringComparison.Ordinal)))
        .Select(helper => $"{test.File}: {TestName().Match(test.Body).Value}) needs {string.Join(", ", helper.Needs)}");

    // Members are separated by empty lines and begin in the fifth column; what is inside of one lies further in.
    private static IEnumerable<(string File, string Attributes, string Body)> Tests(string file, string source) =>
        MemberBreak()
        .Split(source).Select(member => TestMember().Match(member)).Where(match => match.Success)
        .Select(match => (file, match.Groups[1].Value, match.Groups[2].Value));

    private static string Text(string file) => string.Join('\n', Repository.Lines(file));

    private static IEnumerable<(string Need, string Program)> Table() =>
        Repository.Lines("tests/KeyRecovery.Testing/Needs/programs.txt").Where(line => !line.StartsWith('#'))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(row => (row[0], row[1]));

    [GeneratedRegex(
        @"(?:ProcessStartInfo|Process\.Start|OtherProgram\.RunAsync|SmallDisk\.Run|Shell\.Try|(?<![.\w])Start)\("
        + """\s*"([^"]+)",""")]
    private static partial Regex StartCall();

    [GeneratedRegex(@"^    (\w+),$", RegexOptions.Multiline)]
    private static partial Regex NeedLine();

    [GeneratedRegex(@"\n\n(?=    \S)|\{\n(?=    \S)")]
    private static partial Regex MemberBreak();

    [GeneratedRegex(
        @"^((?:    (?:///|//|\[)[^\n]*\n)*    \[(?:Needs)?(?:Fact|Theory)\b[^\n]*\n(?:    \[[^\n]*\n)*)(.*)$",
        RegexOptions.Singleline)]
    private static partial Regex TestMember();

    [GeneratedRegex(@"\w+\(")]
    private static partial Regex TestName();
}
