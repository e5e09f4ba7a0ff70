using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Linking;

/// <summary>The QR code of <c>link show</c>, off a screen, by a reader that is not ours.</summary>
[Collection(CliTests.Name)]
public sealed class LinkScreenshotTests(CliFixture fixture)
{
    private static readonly (string Name, TerminalTheme Theme)[] Themes =
    [
        ("dark", new TerminalTheme("#1e1e1e", "#d4d4d4")),
        ("light", new TerminalTheme("#ffffff", "#000000")),
        // It gives black and white another meaning, as people's own themes do.
        ("Solarized, dark", new TerminalTheme("#002b36", "#839496", "#073642", "#fdf6e3")),
        ("Solarized, light", new TerminalTheme("#fdf6e3", "#657b83", "#073642", "#fdf6e3")),
    ];

    [NeedsFact(Need.Script, Need.Chromium, Need.Font, Need.Zbarimg)]
    public async Task A_picture_of_the_terminal_or_of_300_pixels_is_read_and_links()
    {
        var (phone, _) = await fixture.NewAccountAsync();
        var png = fixture.NewPath(".png");
        using var show = PseudoTerminal.Start(phone, "link", "show", "--png", png);
        await show.WaitForAsync("Good for");
        var screen = show.Screen;
        Assert.Contains("\x1b[", screen, StringComparison.Ordinal);
        var payload = await Zbar.ReadAsync(png);
        Assert.StartsWith("KRL1:", payload, StringComparison.Ordinal);

        foreach (var (name, theme) in Themes)
            foreach (var lineHeight in new[] { "1", "normal" })
            {
                var picture = fixture.NewPath(".png");
                await Chromium.ScreenshotAsync(TerminalPage.Of(screen, theme, lineHeight), picture, 800, 800);
                Assert.True(payload == await Zbar.ReadAsync(picture), $"{name}, line height {lineHeight}");
            }

        // The file has a whole number of pixels a module; a screen shows it in the size that it likes.
        var (width, height) = await Chromium.SizeAsync(png);
        Assert.Equal((315, 315), (width, height));
        var small = fixture.NewPath(".png");
        await Chromium.ScreenshotAsync(
            """<!doctype html><body style="margin:0">"""
            + $"""<img src="file://{png}" style="display:block;width:300px;height:300px">""", small, 300, 300);
        Assert.Equal(payload, await Zbar.ReadAsync(small));

        using var join = PseudoTerminal.Start(fixture.NewDevice(), "link", "scan", payload, "--name", "laptop");
        await join.WaitForAsync("on the other device:");
        await show.WaitForAsync("Type them here:");
        await show.TypeAsync(LinkTerminalTests.Digits().Match(join.Screen).Groups[1].Value);
        await show.WaitForAsync("[y/N]");
        await show.TypeAsync("y");
        Assert.Equal((0, 0), (await show.ExitCodeAsync(), await join.ExitCodeAsync()));
    }

    [NeedsFact(Need.Script, Need.Chromium, Need.Font, Need.Zbarimg)]
    public async Task Negative_control_a_terminal_that_shows_something_else_holds_no_code()
    {
        var (phone, _) = await fixture.NewAccountAsync();
        using var terminal = PseudoTerminal.Start(phone, "device", "list");
        Assert.Equal(0, await terminal.ExitCodeAsync());
        var picture = fixture.NewPath(".png");
        await Chromium.ScreenshotAsync(TerminalPage.Of(terminal.Screen, Themes[0].Theme, "1"), picture, 800, 800);
        await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => Zbar.ReadAsync(picture));
    }
}
