using System.Text;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Cli.Tests.Threats;

/// <summary>
/// Z16: a home that was copied, and is used in both places. It is told as what it is, with the way out; and never where
/// there is one home.
/// </summary>
[Collection(CliTests.Name)]
public sealed class CloneTests(CliFixture fixture)
{
    [Fact]
    public async Task Z16_a_copied_home_that_is_written_from_both_is_told_on_both_and_the_way_out_works()
    {
        var (home, code) = await fixture.NewAccountAsync();
        var copy = await CopyAsync(home);
        await PutAsync(home, "a");
        Assert.Null(await TellAsync(home));
        Assert.NotNull(await TellAsync(copy));
        await PutAsync(copy, "b");
        Assert.NotNull(await TellAsync(home));

        var told = (await home.RunAsync("backup", "list")).Ended(0);
        Assert.Contains("clone suspected", told.Error, StringComparison.Ordinal);
        var device = (await home.RunAsync("account", "show", "--json")).Ended(0).Text("deviceId");
        Assert.Contains($"--remove {device} --stolen", told.Error, StringComparison.Ordinal);
        var next = fixture.NewDevice();
        (await next.TypeAsync(code, "recover", "--code", "--remove", device, "--stolen", "--json")).Ended(0);
        Assert.Equal("revoked", (await home.RunAsync("account", "show", "--json")).Ended(1).Text("error"));
        Assert.Equal("revoked", (await copy.RunAsync("account", "show", "--json")).Ended(1).Text("error"));
        Assert.Null(await TellAsync(next));
    }

    [Fact]
    public async Task Z16_a_home_that_was_put_back_from_a_backup_is_told_until_the_person_says_that_they_did_it()
    {
        var (home, _) = await fixture.NewAccountAsync();
        var backup = await CopyAsync(home);
        await PutAsync(home, "a");
        Directory.Delete(home.Home, recursive: true);
        Directory.Move(backup.Home, home.Home);
        Assert.NotNull(await TellAsync(home));
        await PutAsync(home, "b");
        Assert.NotNull(await TellAsync(home));
        var dismissed = (await home.RunAsync("account", "show", "--not-cloned", "--json")).Ended(0);
        Assert.DoesNotContain("clone", dismissed.Output, StringComparison.OrdinalIgnoreCase);
        await PutAsync(home, "c");
        Assert.Null(await TellAsync(home));
    }

    [Fact]
    public async Task Z16_control_one_home_that_several_commands_use_at_once_is_no_clone()
    {
        var (home, _) = await fixture.NewAccountAsync();
        for (var round = 0; round < 3; round++)
            await Task.WhenAll(Enumerable.Range(0, 4).Select(i => PutAsync(home, $"item {i}")));
        Assert.Null(await TellAsync(home));
    }

    [Fact]
    public async Task Z16_control_a_lost_answer_and_a_killed_command_are_no_clone()
    {
        await using var relay = new TcpRelay();
        await using var server =
            await ServerProcess.StartAsync(fixture.NewPath(), 0, ("Authority", relay.Address.Authority));
        relay.Server = server.Address;
        var home = new CommandLine(relay.Address, fixture.NewPath());
        var token = await fixture.NewFileAsync(Encoding.ASCII.GetBytes(await server.TokenAsync("somebody")));
        (await home.RunAsync("account", "create", "--no-code", "--token", token)).Ended(0);
        relay.OnRequest = line =>
        {
            relay.SwallowsAnswers |= line.StartsWith("POST /v1/commits", StringComparison.Ordinal);
            return Task.CompletedTask;
        };
        using (var killed = home.Start("backup", "put", "a", await fixture.NewFileAsync([1])))
        {
            await relay.Swallowed.WaitAsync(TimeSpan.FromMinutes(1));
            killed.Kill();
            await killed.WaitForExitAsync();
        }
        (relay.OnRequest, relay.SwallowsAnswers) = (null, false);
        Assert.Null(await TellAsync(home));
        // The control: it was sent, and taken.
        Assert.Contains("\"a\"", (await home.RunAsync("backup", "list", "--json")).Ended(0).Output,
            StringComparison.Ordinal);
    }

    private async Task<CommandLine> CopyAsync(CommandLine home)
    {
        var copy = fixture.NewPath();
        var (exit, output) = await OtherProgram.RunAsync("cp", "-r", home.Home, copy);
        Assert.True(exit == 0, output);
        return home.At(copy);
    }

    private async Task PutAsync(CommandLine home, string name) =>
        (await home.RunAsync("backup", "put", name, await fixture.NewFileAsync([1, 2, 3]))).Ended(0);

    private static async Task<string?> TellAsync(CommandLine home)
    {
        var shown = (await home.RunAsync("account", "show", "--json")).Ended(0);
        var isSuspected = shown.Json.TryGetProperty("cloneSuspected", out var suspected);
        Assert.Equal(isSuspected, shown.Output.Contains("clone suspected", StringComparison.Ordinal));
        return isSuspected ? suspected.GetRawText() : null;
    }
}
