using System.Globalization;
using System.Text.RegularExpressions;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Linking;

/// <summary>What a person at a terminal sees of <c>link show</c>.</summary>
[Collection(CliTests.Name)]
public sealed partial class LinkTerminalTests(CliFixture fixture)
{
    [NeedsFact(Need.Script)]
    public async Task The_time_left_counts_down_on_one_line_until_the_code_is_used_and_the_person_decides()
    {
        var (phone, _) = await fixture.NewAccountAsync();
        var laptop = fixture.NewDevice();
        using var show = PseudoTerminal.Start(phone, "link", "show");
        await show.WaitForAsync("\rGood for 1:");
        await show.WaitForAsync("\rGood for 1:");
        var left = Left().Matches(show.Screen)
            .Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
        Assert.True(left[^1] < left[0]);
        Assert.DoesNotContain("\nGood for", show.Screen, StringComparison.Ordinal);

        using var join = PseudoTerminal.Start(laptop, "link", "type", "--name", "laptop");
        await join.WaitForAsync("17 characters:");
        await join.TypeAsync(Typed().Match(show.Screen).Value);
        await join.WaitForAsync("on the other device:");
        await show.WaitForAsync("Type them here:");
        // Longer than a second, in which it would count once more.
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        Assert.DoesNotContain("Good for",
            show.Screen[show.Screen.IndexOf("Type them here:", StringComparison.Ordinal)..], StringComparison.Ordinal);
        await show.TypeAsync(Digits().Match(join.Screen).Groups[1].Value);
        await show.WaitForAsync("It calls itself laptop (Linux).");
        await show.WaitForAsync("on the network 127.0.0.0/24");
        await show.WaitForAsync("[y/N]");
        await show.TypeAsync("y");
        Assert.Equal((0, 0), (await show.ExitCodeAsync(), await join.ExitCodeAsync()));
    }

    [NeedsFact(Need.Script)]
    public async Task Enter_alone_is_no_and_both_sides_say_so()
    {
        var (phone, _) = await fixture.NewAccountAsync();
        using var show = PseudoTerminal.Start(phone, "link", "show");
        await show.WaitForAsync("Good for");
        using var join = PseudoTerminal.Start(fixture.NewDevice(), "link", "type", "--name", "laptop");
        await join.WaitForAsync("17 characters:");
        await join.TypeAsync(Typed().Match(show.Screen).Value);
        await join.WaitForAsync("on the other device:");
        await show.WaitForAsync("Type them here:");
        await show.TypeAsync(Digits().Match(join.Screen).Groups[1].Value);
        await show.WaitForAsync("[y/N]");
        await show.TypeAsync("");
        await show.WaitForAsync("linking was declined");
        await join.WaitForAsync("linking was declined");
        Assert.Equal((1, 1), (await show.ExitCodeAsync(), await join.ExitCodeAsync()));
        var devices = (await phone.RunAsync("device", "list", "--json")).Ended(0).Json.GetProperty("devices");
        Assert.DoesNotContain(
            devices.EnumerateArray(), d => d.TryGetProperty("name", out var name) && name.GetString() == "laptop");
    }

    [Fact]
    public async Task Where_nobody_looks_on_the_time_is_told_once()
    {
        var (phone, _) = await fixture.NewAccountAsync();
        using var show = phone.Start("link", "show");
        string? line;
        do line = await show.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1));
        while (line is not null && !line.StartsWith("Good for", StringComparison.Ordinal));
        Assert.Matches(@"^Good for (2:00|1:\d\d)\.", line);
        var next = show.StandardOutput.ReadLineAsync();
        await Task.WhenAny(next, Task.Delay(TimeSpan.FromSeconds(2.5)));
        Assert.False(next.IsCompleted);
        show.Kill();
        Assert.Null(await next.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [GeneratedRegex(@"\w{4} \w{4} \w{4} \w{4} \w(?=\s)")]
    internal static partial Regex Typed();

    [GeneratedRegex(@"on the other device:\s+(\d{3} \d{3})")]
    internal static partial Regex Digits();

    [GeneratedRegex(@"\rGood for 1:(\d\d)\.")]
    private static partial Regex Left();
}
