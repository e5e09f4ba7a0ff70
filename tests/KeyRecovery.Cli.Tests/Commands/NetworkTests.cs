using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary>What a person is told where the network is in the way.</summary>
[Collection(CliTests.Name)]
public sealed class NetworkTests(CliFixture fixture)
{
    [Theory]
    [InlineData("http://127.0.0.1:9/", "nothing-listens", "nothing listens at 127.0.0.1:9")]
    [InlineData("http://m\u00fcnchen.invalid/", "no-such-host", "xn--mnchen-3ya.invalid")]
    public async Task The_cause_the_server_and_the_way_out_are_named(string server, string cause, string words)
    {
        var (device, _) = await fixture.NewAccountAsync();
        var json = (await device.Through(new Uri(server)).RunAsync("account", "show", "--json")).Ended(1);
        Assert.Equal(("transient", cause), (json.Text("error"), json.Text("cause")));
        var people = (await device.Through(new Uri(server)).RunAsync("account", "show")).Ended(1);
        Assert.Contains(words, people.Error, StringComparison.Ordinal);
        Assert.Contains(server, people.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("trust", people.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_that_is_dead_is_named_without_its_password()
    {
        var device = new CommandLine(new Uri("https://keyrecovery.invalid"), fixture.NewPath());
        const string Proxied = "https_proxy=http://user:secret@127.0.0.1:9 \"$0\" \"$@\" 2>&1";
        var (exit, output) = await OtherProgram.RunAsync(
            "bash", ["-c", Proxied, .. device.Words("recover", "--code")]);
        Assert.NotEqual(0, exit);
        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);
        var (_, told) = await OtherProgram.RunAsync(
            "bash", ["-c", "echo kr1 qqqq qqqq qqqq qqqq qqqq qqqq qq4y zrs7 | " + Proxied,
                .. device.Words("code", "check")]);
        Assert.Contains("the proxy 127.0.0.1:9 cannot be reached", told, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", told, StringComparison.Ordinal);
    }
}
