using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Linking;

/// <summary>
/// A code that nobody uses, at its true age of two minutes. A server of its own, so that other tests need not wait.
/// </summary>
public sealed class LinkExpiryTests(CliFixture fixture) : IClassFixture<CliFixture>
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    [NeedsFact(Need.Script)]
    [Trait("Category", "Long")]
    public async Task A_fresh_code_comes_by_itself_and_not_forever()
    {
        var ((phone, _), (other, _)) = (await fixture.NewAccountAsync(), await fixture.NewAccountAsync());
        using var show = PseudoTerminal.Start(phone, "link", "show");
        using var brief = PseudoTerminal.Start(other, "link", "show", "--minutes", "1");
        await show.WaitForAsync("Good for");
        var first = LinkTerminalTests.Typed().Match(show.Screen).Value;

        await show.WaitForAsync("it has expired; here is a fresh one", Life);
        await show.WaitForAsync("Good for");
        var fresh = LinkTerminalTests.Typed().Matches(show.Screen)[^1].Value;
        Assert.NotEqual(first, fresh);
        var gone = fixture.NewDevice();
        Assert.Equal(
            "link-gone", (await gone.TypeAsync(first + "\n", "link", "type", "--json")).Ended(1).Text("error"));

        using var join = PseudoTerminal.Start(fixture.NewDevice(), "link", "type", "--name", "laptop");
        await join.WaitForAsync("17 characters:");
        await join.TypeAsync(fresh);
        await join.WaitForAsync("on the other device:");
        await show.WaitForAsync("Type them here:");
        await show.TypeAsync(LinkTerminalTests.Digits().Match(join.Screen).Groups[1].Value);
        await show.WaitForAsync("[y/N]");
        await show.TypeAsync("y");
        Assert.Equal((0, 0), (await show.ExitCodeAsync(), await join.ExitCodeAsync()));

        await brief.WaitForAsync("no device has used a code in 1 minute");
        await brief.WaitForAsync("at hand: keyrecovery link show");
        Assert.Equal(1, await brief.ExitCodeAsync());
    }
}
