using System.Globalization;
using System.Text.RegularExpressions;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Kit;

/// <summary>The printed page: right, private, and in need of nothing.</summary>
[Collection(CliTests.Name)]
public sealed partial class RecoveryKitTests(CliFixture fixture)
{
    [NeedsFact(Need.Zbarimg)]
    public async Task A_reader_that_is_not_ours_reads_the_code_off_the_page_and_it_recovers()
    {
        var kit = fixture.NewPath(".html");
        var (device, token) = (fixture.NewDevice(), await fixture.NewTokenAsync());
        var code = (await device.RunAsync("account", "create", "--kit", kit, "--token", token, "--json")).Ended(0)
            .Text("code");
        var read = await Zbar.ReadAsync(Modules(await File.ReadAllTextAsync(kit)));
        Assert.Equal(code.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant(), read);
        (await device.TypeAsync(read, "code", "check")).Ended(0);
    }

    [Fact]
    public async Task The_page_is_for_its_owner_alone_and_says_whose_it_is()
    {
        var kit = fixture.NewPath(".html");
        var (device, _) = await fixture.NewAccountAsync();
        var code = (await device.RunAsync("code", "create", "--kit", kit, "--json")).Ended(0).Text("code");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(kit));

        var page = await File.ReadAllTextAsync(kit);
        var account = (await device.RunAsync("account", "show", "--json")).Ended(0).Text("accountId");
        Assert.Contains(account, page, StringComparison.Ordinal);
        Assert.Contains(fixture.Server.Address.GetLeftPart(UriPartial.Authority), page, StringComparison.Ordinal);
        Assert.Equal(code.Split(' ')[1..], Groups().Matches(page).Select(m => m.Groups[1].Value));
    }

    [Fact]
    public async Task The_page_needs_nothing_else()
    {
        var kit = fixture.NewPath(".html");
        var (device, _) = await fixture.NewAccountAsync();
        (await device.RunAsync("code", "create", "--kit", kit)).Ended(0);
        var page = (await File.ReadAllTextAsync(kit))
            .Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal)
            .Replace(fixture.Server.Address.GetLeftPart(UriPartial.Authority), "", StringComparison.Ordinal);
        foreach (var reference in (string[])["<script", "src=", "href=", "url(", "@import", "http:", "https:", " on"])
            Assert.DoesNotMatch(reference == " on" ? @"<[^>]*\son\w+=" : Regex.Escape(reference), page);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_is_there_is_not_overwritten_and_no_code_is_made()
    {
        var kit = await fixture.NewFileAsync("the kit of another code"u8.ToArray());
        var (device, _) = await fixture.NewAccountAsync();
        Assert.Equal(
            "file-exists", (await device.RunAsync("code", "create", "--kit", kit, "--json")).Ended(1).Text("error"));
        Assert.Equal(
            "file", (await device.RunAsync("code", "create", "--kit",
                Path.Combine(fixture.NewPath(), "no", "such.html"), "--json")).Ended(1).Text("error"));
        Assert.Equal("the kit of another code", await File.ReadAllTextAsync(kit));
        Assert.Equal(2, (await device.RunAsync("account", "show", "--json")).Ended(0).Json.GetProperty("authorities")
            .GetArrayLength());
    }

    [Fact]
    public async Task A_command_that_fails_leaves_no_page_behind()
    {
        var (device, kit) = (fixture.NewDevice(), fixture.NewPath(".html"));
        Assert.Equal(
            "device-state", (await device.RunAsync("code", "create", "--kit", kit, "--json")).Ended(1).Text("error"));
        Assert.False(File.Exists(kit));
    }

    [NeedsFact(Need.Zbarimg, Need.Script)]
    public async Task A_reader_reads_the_code_off_the_terminal()
    {
        var (device, _) = await fixture.NewAccountAsync();
        using var terminal = PseudoTerminal.Start(device, 100, ["code", "create"]);
        Assert.Equal(0, await terminal.ExitCodeAsync());
        var rows = Colours().Replace(terminal.Screen, "").Split('\n')
            .Where(line => line.Length >= 41 && line.TrimStart(' ').StartsWith('█'))
            .Select(line => line[4..41]).ToArray();
        var modules = rows
            .SelectMany(
                row => new[] { row.Select(c => c is ' ' or '▄').ToArray(), row.Select(c => c is ' ' or '▀').ToArray() })
                .Take(37).ToArray();
        var read = await Zbar.ReadAsync(modules);
        Assert.StartsWith("KR1", read, StringComparison.Ordinal);
        (await device.TypeAsync(read, "code", "check")).Ended(0);
    }

    private static bool[][] Modules(string page)
    {
        var size = int.Parse(Size().Match(page).Groups[1].Value, CultureInfo.InvariantCulture);
        var modules = Enumerable.Range(0, size).Select(_ => new bool[size]).ToArray();
        foreach (Match run in Runs().Matches(page))
        {
            var (x, y, length) = (Number(run, 1), Number(run, 2), Number(run, 3));
            for (var i = 0; i < length; i++) modules[y][x + i] = true;
        }
        return modules;
    }

    private static int Number(Match match, int group) =>
        int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\e\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Colours();

    [GeneratedRegex("""viewBox="0 0 (\d+) \d+""")]
    private static partial Regex Size();

    [GeneratedRegex(@"M(\d+) (\d+)h(\d+)v1h-\d+z")]
    private static partial Regex Runs();

    [GeneratedRegex(@"<span><i>\d</i>(\w{4})</span>")]
    private static partial Regex Groups();
}
