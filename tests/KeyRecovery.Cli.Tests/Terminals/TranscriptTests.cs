using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Needs;
using Xunit.Abstractions;

namespace KeyRecovery.Cli.Tests.Terminals;

/// <summary>
/// Everyday commands at the terminals that people have: narrow, without colours, without letters beyond ASCII, in other
/// languages. Each transcript is kept as the test's output.
/// </summary>
public sealed partial class TranscriptTests(CliFixture fixture, ITestOutputHelper output)
    : IClassFixture<CliFixture>
{
    private const int Columns = 60;
    private const string Blocks = "█▀▄";

    private static readonly string[][] Everyday =
    [
        ["account", "show"], ["backup", "list"], ["backup", "history", "Ünï Straße"], ["device", "list"],
        ["erase", "status"],
        ["passphrase", "status"], ["account", "undo"], ["code", "create"], ["backup", "put"],
        ["backup", "get", "nothing"],
        ["device", "revoke", "nobody"], ["DEVICE", "LIST"], ["--help"],
    ];

    [NeedsTheory(Need.Script)]
    [InlineData("LANG=C.UTF-8")]
    [InlineData("NO_COLOR=1")]
    [InlineData("TERM=dumb")]
    [InlineData("LANG=C")]
    [InlineData("LC_ALL=POSIX")]
    [InlineData("TERM=vt100")]
    public async Task Every_line_fits_and_shows_only_what_the_terminal_has(string setting)
    {
        var variable = setting.Split('=');
        var device = await NewDeviceAsync();
        foreach (var arguments in Everyday)
        {
            var screen = await ShowAsync(device, setting, arguments);
            if (arguments is not ["--help"]) AssertFits(screen);
            if (setting is "NO_COLOR=1" or "TERM=dumb" or "TERM=vt100") Assert.DoesNotMatch(Colours(), screen);
            if (setting is "TERM=dumb") Assert.DoesNotContain('\u001b', screen);
            if (setting is "LANG=C" or "LC_ALL=POSIX") Assert.True(Ascii.IsValid(screen), screen);
            var showsQr = arguments is ["code", "create"] && setting is "LANG=C.UTF-8";
            Assert.Equal(showsQr, screen.IndexOfAny(Blocks.ToCharArray()) >= 0);
            // What is advised stands under what is told, with all its lines; and what has no name is named once.
            if (arguments is ["backup", "get", ..])
                Assert.All(screen.TrimEnd().Split('\n')[1..], line => Assert.StartsWith("  ", line));
            if (arguments is ["device", "list"])
                Assert.DoesNotContain("recovery code, code", screen, StringComparison.Ordinal);
            if (arguments is ["code", "create"] && !showsQr)
                Assert.Contains("No QR code here", screen, StringComparison.Ordinal);
        }
    }

    [NeedsTheory(Need.Script, Need.Chromium, Need.Font, Need.Zbarimg)]
    [InlineData("NO_COLOR=1", false)]
    [InlineData("TERM=dumb", false)]
    [InlineData("TERM=vt100", false)]
    [InlineData("LANG=C", false)]
    [InlineData("LC_ALL=POSIX", false)]
    // The control: the same picture by the same reader, where the terminal can show it.
    [InlineData("LANG=C.UTF-8", true)]
    [InlineData("LANG=sv_SE.UTF-8", true)]
    public async Task A_reader_finds_the_code_on_the_screen_only_where_the_terminal_can_show_it(
        string setting, bool isThere)
    {
        var (device, _) = await fixture.NewAccountAsync();
        var screen = await ShowAsync(device, setting, "code", "create");
        Assert.Matches(Code(), screen);
        var picture = fixture.NewPath(".png");
        await Chromium.ScreenshotAsync(
            TerminalPage.Of(screen, new TerminalTheme("#1e1e1e", "#d4d4d4"), "1"), picture, 800, 1600);
        if (!isThere) await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => Zbar.ReadAsync(picture));
        else (await device.TypeAsync(await Zbar.ReadAsync(picture), "code", "check")).Ended(0);
    }

    [NeedsTheory(Need.Script)]
    [InlineData("de_DE.UTF-8")]
    [InlineData("tr_TR.UTF-8")]
    [InlineData("ar_SA.UTF-8")]
    [InlineData("fa_IR.UTF-8")]
    [InlineData("sv_SE.UTF-8")]
    public async Task Another_language_changes_no_number_no_date_and_no_command(string language)
    {
        var device = await NewDeviceAsync();
        foreach (var arguments in Everyday.Where(a => a is not ["code", "create"]))
        {
            var (here, there) = (await ShowAsync(device, "LANG=C.UTF-8", arguments),
                await ShowAsync(device, $"LANG={language}", arguments));
            Assert.Equal(here, there);
        }
        Assert.Matches(IsoTime(), await ShowAsync(device, $"LANG={language}", "device", "list"));
    }

    private async Task<CommandLine> NewDeviceAsync()
    {
        var (device, _) = await fixture.NewAccountAsync("Zoë’s phone");
        (await device.TypeAsync("1234", "backup", "put", "Ünï Straße", "-")).Ended(0);
        (await device.TypeAsync(new string('x', 12_345), "backup", "put", "İ ı I i", "-")).Ended(0);
        return device;
    }

    private async Task<string> ShowAsync(CommandLine device, string setting, params string[] arguments)
    {
        using var terminal = PseudoTerminal.Start(
            device, Columns, [(setting.Split('=')[0], setting.Split('=')[1])], arguments);
        await terminal.ExitCodeAsync();
        output.WriteLine($"{setting} $ keyrecovery {string.Join(' ', arguments)}\n{terminal.Screen}");
        return terminal.Screen;
    }

    private static void AssertFits(string screen) => Assert.All(
        Controls().Replace(screen, "").Split('\n'),
        line => Assert.True(new StringInfo(line.TrimEnd('\r')).LengthInTextElements <= Columns, line));

    [GeneratedRegex(@"\x1b\[[0-9;]*(3[0-9]|4[0-9]|9[0-7]|10[0-7])[0-9;]*m")]
    private static partial Regex Colours();

    [GeneratedRegex(@"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")]
    private static partial Regex Controls();

    [GeneratedRegex("kr1(  [0-9a-z]{4}){4}")]
    private static partial Regex Code();

    [GeneratedRegex(@"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}")]
    private static partial Regex IsoTime();
}
