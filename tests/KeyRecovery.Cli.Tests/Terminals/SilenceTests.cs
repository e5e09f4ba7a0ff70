using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Needs;
using Xunit.Abstractions;

namespace KeyRecovery.Cli.Tests.Terminals;

/// <summary>A person who waits for a slow server is told, and nobody else.</summary>
public sealed class SilenceTests(LiedToFixture fixture, ITestOutputHelper output) : IClassFixture<LiedToFixture>
{
    private const string Word = "Still working …";

    [NeedsFact(Need.Script)]
    public async Task A_word_comes_after_two_seconds_of_silence_and_goes_with_the_answer()
    {
        using var terminal = PseudoTerminal.Start(await NewDeviceAsync(), "backup", "list");
        await terminal.WaitForAsync(Word);
        await terminal.WaitForAsync($"\r{new string(' ', Word.Length)}\r");
        await terminal.WaitForAsync("Straße");
        Assert.Equal(0, await terminal.ExitCodeAsync());
        output.WriteLine(terminal.Screen);
    }

    [NeedsFact(Need.Script)]
    public async Task It_reaches_neither_machines_nor_files_nor_a_question()
    {
        var device = await NewDeviceAsync();
        var file = (await device.RunAsync("backup", "list")).Ended(0);
        Assert.DoesNotContain("Still", file.Error, StringComparison.Ordinal);
        using (var machine = PseudoTerminal.Start(device, "backup", "list", "--json"))
        {
            Assert.Equal(0, await machine.ExitCodeAsync());
            Assert.DoesNotContain("Still", machine.Screen, StringComparison.Ordinal);
        }
        using var asked = PseudoTerminal.Start(device, "code", "check");
        await asked.WaitForAsync(":");
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.DoesNotContain("Still", asked.Screen, StringComparison.Ordinal);
    }

    // An account whose server is slow from now on.
    private async Task<CommandLine> NewDeviceAsync()
    {
        fixture.Proxy.Lie = answer => answer;
        var device = fixture.NewDevice().Through(fixture.Proxy.Address);
        (await device.RunAsync("account", "create", "--code", "--token", await fixture.NewTokenAsync())).Ended(0);
        (await device.TypeAsync("1234", "backup", "put", "Straße", "-")).Ended(0);
        fixture.Proxy.Lie = answer =>
        {
            Thread.Sleep(TimeSpan.FromSeconds(4));
            return answer;
        };
        return device;
    }
}
