using System.Text.RegularExpressions;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Undo;

/// <summary>What a person at a narrow terminal sees of <c>account undo</c>.</summary>
[Collection(CliTests.Name)]
public sealed partial class UndoTerminalTests(CliFixture fixture)
{
    private const int Columns = 60;

    [NeedsFact(Need.Script)]
    public async Task The_list_and_the_table_fit_into_60_columns_and_only_a_yes_does_it()
    {
        using var victim = await Victim.MakeAsync(fixture);
        using (var list = PseudoTerminal.Start(victim.Phone, Columns, ["account", "undo"]))
        {
            await list.WaitForAsync("before thief's first");
            Assert.Equal(0, await list.ExitCodeAsync());
            AssertFits(list.Screen);
        }
        using (var asked = PseudoTerminal.Start(victim.Phone, Columns, ["account", "undo", "--to", "1"]))
        {
            await asked.WaitForAsync("is again what it was");
            await asked.WaitForAsync("comes back");
            await asked.WaitForAsync("its last good version");
            await asked.WaitForAsync("trash");
            await asked.WaitForAsync("Removed: thief.");
            await asked.WaitForAsync("Do it? [y/N]");
            await asked.TypeAsync("");
            await asked.WaitForAsync("nothing was changed");
            Assert.Equal(1, await asked.ExitCodeAsync());
            AssertFits(asked.Screen);
        }
        (await victim.Thief.RunAsync("backup", "list")).Ended(0);
        using (var done = PseudoTerminal.Start(victim.Phone, Columns, ["account", "undo", "--to", "1"]))
        {
            await done.WaitForAsync("Do it? [y/N]");
            await done.TypeAsync("y");
            await done.WaitForAsync("Locked out: thief.");
            Assert.Equal(0, await done.ExitCodeAsync());
            AssertFits(done.Screen);
        }
        await Victim.AssertIsBackAsync(fixture, victim.Phone);
    }

    private static void AssertFits(string screen) => Assert.All(
        Controls().Replace(screen, "").Split('\n'), line => Assert.InRange(line.TrimEnd('\r').Length, 0, Columns));

    [GeneratedRegex(@"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")]
    private static partial Regex Controls();
}
