using System.Text.RegularExpressions;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>What the page of operators has an operator write works as it stands there.</summary>
public sealed partial class PageTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [NeedsFact(Need.Linux)]
    public async Task A_server_in_Production_is_made_from_its_settings_and_a_mistyped_one_is_named()
    {
        Directory.CreateDirectory(_folder["data"], UnixFileMode.UserRead | UnixFileMode.UserWrite
            | UnixFileMode.UserExecute);
        var (exit, told) = await ServerProcess.RunAsync(
            "offline-key", "--private", _folder["offline.key"], "--public", _folder["offline.pub"]);
        Assert.True(exit == 0, told);
        var settings = Page.Settings.Replace("/etc/keyrecovery", _folder.Path, StringComparison.Ordinal)
            .Replace("/mnt/escrow", _folder["escrow"], StringComparison.Ordinal);
        await WriteAsync(settings.Replace("Audience", "Audiance", StringComparison.Ordinal));
        (exit, told) = await RunAsync("init");
        Assert.NotEqual(0, exit);
        Assert.Contains("Audiance", told, StringComparison.Ordinal);

        await WriteAsync(settings);
        (exit, told) = await RunAsync("init");
        Assert.True(exit == 0, told);
        (exit, told) = await RunAsync("check");
        Assert.True(exit == 0, told);
    }

    [Fact]
    public void Each_alert_stands_in_its_table_and_each_of_the_table_is_one()
    {
        var alerts = File.ReadLines(Infra.Files("prometheus", "alerts.yml").Single())
            .Select(line => line.Trim()).Where(line => line.StartsWith("- alert: ", StringComparison.Ordinal))
            .Select(line => line["- alert: KeyRecovery".Length..]).ToHashSet();
        var table = Page.Text.Split('\n').SkipWhile(line => line != "| alert | by | what to do |").Skip(2)
            .TakeWhile(line => line.StartsWith('|')).SelectMany(line => line.Split('|')[1].Split(','))
            .Select(name => name.Trim(' ', '`').Replace("KeyRecovery", "", StringComparison.Ordinal).TrimStart('…'));
        Assert.Equal(alerts.Order(StringComparer.Ordinal), table.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Each_rule_of_Azure_stands_in_its_table_and_each_of_the_table_is_one()
    {
        // format('{0}-errors', …), or by the lines' names and the accounts' numbers.
        var rules = BicepTests.Resources(await BicepTests.ModuleAsync("alerts"))
            .Where(rule => rule.GetProperty("type").GetString() is "Microsoft.Insights/metricAlerts")
            .Select(rule => Named().Match(rule.GetProperty("name").GetString()!).Groups[1].Value)
            .Concat((await AzureRules.QueriesAsync()).Keys);
        var table = Page.Text.Split('\n').SkipWhile(line => line != "| rule | by | what to do |").Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => Quoted().Match(line).Groups[1].Value.Replace("NAME-", "", StringComparison.Ordinal)
                .Replace("-0", "", StringComparison.Ordinal));
        Assert.Equal(rules.Order(StringComparer.Ordinal), table.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"^\[format\('\{0\}-([a-z]+)")]
    private static partial Regex Named();

    [Fact]
    public void What_the_page_says_that_a_start_says_stands_in_the_sources()
    {
        var sources = string.Concat(Directory
            .EnumerateFiles(Path.Combine(Infra.Folder, "..", "src"), "*.cs", SearchOption.AllDirectories)
            .Select(File.ReadAllText));
        var said = Page.Text.Split('\n')
            .SkipWhile(line => line != "| a start, or a verb, says | what it is | what to do |").Skip(2)
            .TakeWhile(line => line.StartsWith('|')).SelectMany(line => Quoted().Matches(line.Split('|')[1]))
            .Select(match => match.Groups[1].Value).ToList();
        Assert.True(said.Count > 15);
        // The system's own, which a server has been seen to pass on (NightTests).
        said.RemoveAll(text => text is "address already in use" or "Permission denied"
            or "Access to the path … is denied"
            or "Cannot assign requested address");
        Assert.All(said, text => Assert.Contains(text, sources, StringComparison.Ordinal));
        Assert.DoesNotContain("another process holds the lock", sources, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_line_of_the_log_that_calls_somebody_stands_in_the_page()
    {
        var called = new HashSet<string>();
        // A device's own lines call nobody.
        foreach (var file in Directory.EnumerateFiles(
            Path.Combine(Infra.Folder, "..", "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("KeyRecovery.Cli", StringComparison.Ordinal)))
        {
            foreach (Match made in Message().Matches(File.ReadAllText(file)))
            {
                if (!Calls().IsMatch(made.Groups[1].Value)) continue;
                var named = EventName().Match(made.Groups[1].Value);
                called.Add(named.Success ? named.Groups[1].Value : made.Groups[2].Value);
            }
        }

        Assert.True(called.Count > 35);
        Assert.All(called, name => Assert.Contains($"`{name}`", Page.Text, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\[LoggerMessage\((.*?)\)\]\s*(?:public|private|internal) static partial void (\w+)",
        RegexOptions.Singleline)]
    private static partial Regex Message();

    [GeneratedRegex(@"LogLevel\.(Warning|Error|Critical)")]
    private static partial Regex Calls();

    [GeneratedRegex(@"EventName = ""(\w+)""")]
    private static partial Regex EventName();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    private async Task WriteAsync(string settings)
    {
        var file = _folder["data/keyrecovery.json"];
        await File.WriteAllTextAsync(file, settings);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private Task<(int ExitCode, string Output)> RunAsync(string verb) => ServerProcess.RunAsync(
        verb, "--environment", "Production", "--KeyRecovery:DataDirectory", _folder["data"]);
}
