using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Undo;

/// <summary>What a person at a narrow terminal sees of <c>account undo</c>, and of who is in the account.</summary>
[Collection(CliTests.Name)]
public sealed class UndoTerminalTests(CliFixture fixture)
{
    private const int Columns = 60;

    [NeedsFact(Need.Script)]
    public async Task The_devices_fit_too_with_their_ids_in_one_piece()
    {
        var (device, _) = await fixture.NewAccountAsync();
        var ids = (await device.RunAsync("device", "list", "--json")).Ended(0).Json.GetProperty("devices")
            .EnumerateArray().Select(d => d.GetProperty("id").GetString()!).ToList();
        Assert.Equal(2, ids.Count);
        foreach (var command in (string[][])[["device", "list"], ["account", "show"]])
        {
            using var told = PseudoTerminal.Start(device, Columns, command);
            Assert.Equal(0, await told.ExitCodeAsync());
            told.AssertFits(Columns);
            Assert.All(ids, id => Assert.Contains(id, told.Screen, StringComparison.Ordinal));
            Assert.Contains("this one", told.Screen, StringComparison.Ordinal);
        }
    }

    [NeedsFact(Need.Script)]
    public async Task The_list_and_the_table_fit_into_60_columns_and_only_a_yes_does_it()
    {
        using var victim = await Victim.MakeAsync(fixture);
        using (var list = PseudoTerminal.Start(victim.Phone, Columns, ["account", "undo"]))
        {
            await list.WaitForAsync("before thief's first");
            Assert.Equal(0, await list.ExitCodeAsync());
            list.AssertFits(Columns);
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
            asked.AssertFits(Columns);
        }
        (await victim.Thief.RunAsync("backup", "list")).Ended(0);
        using (var done = PseudoTerminal.Start(victim.Phone, Columns, ["account", "undo", "--to", "1"]))
        {
            await done.WaitForAsync("Do it? [y/N]");
            await done.TypeAsync("y");
            await done.WaitForAsync("Locked out: thief.");
            Assert.Equal(0, await done.ExitCodeAsync());
            done.AssertFits(Columns);
        }
        await Victim.AssertIsBackAsync(fixture, victim.Phone);
    }
}
