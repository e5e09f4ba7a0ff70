using KeyRecovery.Protocol.Wire;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace KeyRecovery.Service.Tests.Model;

/// <summary>
/// Walks that are written down: that the interesting things happen in the model, and that it would notice what it looks
/// for.
/// </summary>
[Trait("Store", "Files")]
public sealed class ScriptedWalkTests(ITestOutputHelper output)
{
    private static readonly (Move, int)[] Days = [(Move.Wait, 2), (Move.WriteOften, 12)];

    [Fact]
    public async Task Restores_of_every_kind_are_claimed_given_back_and_nobody_is_accused()
    {
        var lies = Enumerable.Range(0, 12).Select(lie => (Move.Lie, 13 * lie));
        var tally = await WalkAsync([
            (Move.Save, 0), (Move.Write, 0), (Move.Link, 0), (Move.Save, 0), (Move.Write, 2), (Move.RestoreData, 0),
            (Move.Repair, 0), (Move.Write, 4), (Move.RestoreKeys, 1), (Move.RestoreBoth, 1),
            (Move.Repair, 0), (Move.LoseTheRow, 0), (Move.Repair, 0), .. lies, (Move.Rotate, 0), .. lies]);
        Assert.True(tally["repaired"] >= 3 && tally["conflict"] > 0 && tally["recovered"] == 1, $"{tally}");
        Assert.True(tally["lie refused"] > 0 && tally["lie kept"] > 0, $"{tally}");
    }

    [Theory]
    [InlineData(nameof(Move.Write), nameof(Move.Write))]
    [InlineData(nameof(Move.Write), nameof(Move.Link))]
    [InlineData(nameof(Move.Link), nameof(Move.Write))]
    [InlineData(nameof(Move.Rotate), nameof(Move.Rotate))]
    public async Task A_home_whose_stores_went_back_to_another_set_each_time_is_accused_by_nobody(
        string between, string after)
    {
        var (first, then) = ((Enum.Parse<Move>(between), 0), (Enum.Parse<Move>(after), 0));
        var tally = await WalkAsync(
            (Move.Save, 0), first, (Move.Save, 0), (Move.RestoreBoth, 0), then, then,
            (Move.RestoreBoth, 1), (Move.Write, 0), (Move.RestoreBoth, 0), (Move.Write, 0), (Move.RestoreBoth, 1));
        Assert.True(tally["conflict"] >= 3 && tally["recovered"] == 1, $"{tally}");
    }

    [Theory]
    [InlineData(nameof(Move.Write))]
    [InlineData(nameof(Move.Link))]
    [InlineData(nameof(Move.Rotate))]
    public async Task A_home_that_came_back_to_the_line_it_had_left_is_accused_by_nobody_who_knew_the_other(string kind)
    {
        // Whoever is off when the newer set is put back knows the other line, which differs at that set's very place.
        var move = (Enum.Parse<Move>(kind), 0);
        var tally = await WalkAsync(
            (Move.Save, 0), move, (Move.Save, 0), (Move.RestoreBoth, 0), move, (Move.Wait, 0),
            (Move.RestoreBoth, 4095), (Move.Write, 4092), (Move.Wait, 0));
        Assert.True(tally["conflict"] >= 3 && tally["recovered"] == 1, $"{tally}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_realm_that_followed_a_line_which_both_stores_left_comes_along(int isTold)
    {
        // A passphrase is set on the other line; the realm hears of its link, or only that it was registered.
        var tally = await WalkAsync(
            (Move.Save, 0), (Move.NewCode, 0), (Move.Save, 0), (Move.RestoreBoth, 0), (Move.SetPassphrase, isTold),
            (Move.RestoreBoth, 1));
        Assert.True(tally["registered"] == 2 && tally["recovered"] == 1, $"{tally}");
    }

    [Fact]
    public async Task A_realm_whose_people_were_all_removed_on_the_line_it_knows_follows_after_a_month()
    {
        // Tablet and code are gone there and come back by the restore; the phone, which was on both, is lost.
        var tally = await WalkAsync(
            (Move.Save, 0), (Move.NewCode, 0), (Move.Remove, 0), (Move.NewCode, 0), (Move.SetPassphrase, 2),
            (Move.RestoreBoth, 0), (Move.Wait, 2), (Move.Lose, 0));
        Assert.True(tally["nobody is on both sides"] == 1 && tally["recovered"] == 1, $"{tally}");
        Assert.Equal(2, tally["registered"]);
    }

    [Fact]
    public async Task Keys_that_go_back_before_anybody_met_the_restored_data_hide_no_restore()
    {
        // Nobody reads in between: the picks leave all who are honest switched off.
        var tally = await WalkAsync(
            (Move.Save, 0), (Move.Link, 0), (Move.Write, 0), (Move.RestoreData, 4095), (Move.RestoreKeys, 4095),
            (Move.RestoreKeys, 4095), (Move.Wait, 0), (Move.Repair, 0), (Move.Save, 0), (Move.Write, 0),
            (Move.RestoreData, 4095), (Move.RestoreKeys, 4095), (Move.Wait, 0));
        Assert.True(tally["conflict"] > 0 && tally["repaired"] > 0 && tally["recovered"] == 1, $"{tally}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_phone_that_gave_a_spoiled_account_back_returns_to_what_it_kept_itself(int read)
    {
        // The points went with the row: what opens is what the phone has from before.
        var tally = await WalkAsync((Move.Steal, 1), (Move.SpoilEpoch, 4), (Move.LoseTheRow, read));
        Assert.True(tally["repaired"] == 1 && tally["no clean point"] == 1 && tally["undone"] == 1, $"{tally}");
        Assert.True(tally["recovered"] == 1, $"{tally}");
    }

    [Fact]
    public async Task An_epoch_that_a_culprit_spoiled_opens_to_no_code_once_points_and_devices_are_lost()
    {
        // The phone gives the spoiled account back and could undo it; it is lost before it does.
        var tally = await WalkAsync((Move.Steal, 1), (Move.SpoilEpoch, 4), (Move.LoseTheRow, 0), (Move.Repair, 0),
            (Move.LoseAll, 0));
        Assert.True(tally["repaired"] == 1 && tally["nothing opens"] == 1 && tally["recovered"] == 0, $"{tally}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4095)]
    public async Task What_a_lost_row_took_along_keeps_no_undo_from_bringing_back_the_rest(int read)
    {
        // The culprit gives the row back, without the bytes of the item, and deletes it behind a point that has it.
        var tally = await WalkAsync(
            (Move.Steal, 1), (Move.LoseTheRow, 4095), (Move.WrongRepair, 0), (Move.NewCode, read), (Move.Clear, 0));
        Assert.True(tally["repaired by a culprit"] == 1 && tally["undone without what is lost"] == 1, $"{tally}");
        Assert.True(tally["recovered"] == 1, $"{tally}");
    }

    [Fact]
    public async Task A_code_alone_has_a_new_phone_store_what_a_culprit_gave_back_without_its_bytes()
    {
        var tally = await WalkAsync(
            (Move.Steal, 1), (Move.LoseTheRow, 4095), (Move.WrongRepair, 0), (Move.LoseAll, 0));
        Assert.True(tally["repaired by a culprit"] == 1 && tally["linked by a code"] == 1, $"{tally}");
        Assert.True(tally["recovered"] == 1, $"{tally}");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_epoch_that_only_another_device_opens_is_led_to_by_it_or_left_off_with_it(bool isThere)
    {
        // Tablet and laptop meet the account after the phone; the thief spoils it, and the points go with the row.
        var tally = await WalkAsync(
            (Move.Link, 0), (Move.Wait, 2), (Move.Steal, 1), (Move.Rotate, 1), (Move.SpoilEpoch, 4),
            (isThere ? Move.Wait : Move.Lose, 1), (Move.LoseTheRow, 0));
        Assert.True(tally["undone"] == 1 && tally["recovered"] == 1, $"{tally}");
    }

    [Fact]
    public async Task A_point_below_what_was_given_back_unproved_is_no_lie_of_the_home()
    {
        // Nobody reads between the restore and the link; who gives back then does not know what leads to it.
        var tally = await WalkAsync(
            (Move.NewCode, 0), (Move.Save, 0), (Move.Write, 0), (Move.WriteOften, 0), (Move.RestoreBoth, 4095),
            (Move.Save, 4095), (Move.Link, 4094), (Move.Write, 4094), (Move.Remove, 4093), (Move.RestoreData, 4095),
            (Move.Repair, 0));
        Assert.True(tally["repaired"] == 1 && tally["recovered"] == 1, $"{tally}");
    }

    [Fact]
    public async Task Newer_data_under_older_keys_are_not_gone_behind_once_more()
    {
        var tally = await WalkAsync(
            (Move.Save, 0), (Move.Link, 0), (Move.Save, 0), (Move.RestoreBoth, 0), (Move.RestoreData, 1),
            (Move.RestoreData, 0), (Move.Write, 0));
        Assert.True(tally["restored data"] == 2 && tally["recovered"] == 1, $"{tally}");
    }

    [Theory]
    [InlineData(0, 2, false)]
    [InlineData(0, 1, false)]
    [InlineData(1, 2, false)]
    [InlineData(0, 0, true)]
    [InlineData(2, 2, true)]
    public async Task Keys_of_another_line_find_the_data_the_newest_where_somebody_met_them(
        int lost, int later, bool isBehind)
    {
        // The keys are of a line that both stores left since; only with more links it may be that data went back.
        var tally = await WalkAsync([
            (Move.Save, 0), (Move.Link, 0), .. Enumerable.Repeat((Move.Link, 0), lost), (Move.Save, 0),
            (Move.RestoreBoth, 0), .. Enumerable.Repeat((Move.Link, 0), later), (Move.RestoreKeys, 1),
            (Move.Write, 0), (Move.Repair, 0)]);
        Assert.Equal(isBehind ? 1 : 0, tally["repaired"] + tally["went the way back"]);
        Assert.Equal(1, tally["recovered"]);
    }

    [Fact]
    public async Task Slots_that_came_after_the_keys_set_open_where_newer_data_are_put_back()
    {
        // Both go back, and then the data alone to a set in which there is a passphrase that the keys know nothing of.
        var tally = await WalkAsync(
            (Move.Save, 0), (Move.SetPassphrase, 3), (Move.Save, 0), (Move.RestoreBoth, 0), (Move.RestoreData, 1),
            (Move.Write, 0));
        Assert.True(tally["restored data"] == 1 && tally["recovered"] == 1, $"{tally}");
    }

    [Fact]
    public async Task A_code_alone_goes_the_way_back_with_a_new_phone()
    {
        var tally = await WalkAsync(
            (Move.Save, 0), (Move.LetIn, 0), (Move.Wreck, 1), (Move.NewCode, 0), (Move.Remove, 0), (Move.LoseAll, 0),
            (Move.RestoreData, 0));
        Assert.True(tally["went the way back"] == 1 && tally["recovered"] == 1, $"{tally}");
    }

    [Fact]
    public async Task A_young_device_gives_nothing_back_that_a_restore_lost()
    {
        var tally = await WalkAsync(
            (Move.LetIn, 0), (Move.Save, 0), (Move.Write, 0), (Move.WrongRepair, 0), (Move.RestoreData, 0),
            (Move.WrongRepair, 0), (Move.WrongRepair, 5), (Move.Repair, 0));
        Assert.True(tally["repair refused YoungAuthority"] == 1 && tally["smuggling refused"] == 1, $"{tally}");
        Assert.True(tally["repaired"] == 1 && tally["recovered"] == 1, $"{tally}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_culprit_that_was_let_in_is_undone_however_long_it_takes(int wait)
    {
        var tally = await WalkAsync(
            [.. Days, (Move.LetIn, 0), (Move.Wreck, 1), (Move.Clear, 0), (Move.BringIn, 2), (Move.ThrowOut, 0),
            (Move.SpoilEpoch, 1), (Move.TakeTheCode, 0), (Move.WrongRepair, 0), (Move.Flood, 1), (Move.Sweep, 0),
            (Move.Wait, wait), (Move.RacedUndo, 0)]);
        Assert.True(tally["refused YoungAuthority"] >= 3 && tally["flooded"] == 1, $"{tally}");
        Assert.True(tally["undone"] == 1 && tally["recovered"] == 1 && tally["version kept"] > 10, $"{tally}");
    }

    [Fact]
    public async Task A_trusted_culprit_that_acts_first_is_not_come_back_from_and_one_that_does_not_is()
    {
        var all = await WalkAsync((Move.Steal, 1), (Move.ThrowOut, 9));
        Assert.True(all["nobody honest is left"] == 1 && all["recovered"] == 0, $"{all}");
        var some = await WalkAsync((Move.Steal, 1), (Move.ThrowOut, 1));
        Assert.True(some["recovered"] == 1, $"{some}");
    }

    [Fact]
    public async Task A_model_that_promises_one_version_more_fails()
    {
        (Move, int)[] steps = [(Move.WriteOften, 11), (Move.WriteOften, 11), (Move.WriteOften, 11)];
        Assert.True((await WalkAsync(steps))["version kept"] >= 11);
        await using var world = await ModelWorld.OpenAsync(1);
        var failed = await Assert.ThrowsAsync<TrueException>(() => new Walk(world).GoAsync(steps, versions: 11));
        Assert.Contains("a version is promised", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_in_which_the_young_remove_fails()
    {
        (Move, int)[] steps = [(Move.LetIn, 0), (Move.ThrowOut, 0)];
        Assert.Equal(1, (await WalkAsync(steps))["refused YoungAuthority"]);
        await using var world = await ModelWorld.OpenAsync(1, youngMayRemove: true);
        var failed = await Assert.ThrowsAsync<TrueException>(() => new Walk(world).GoAsync(steps));
        Assert.Contains("refused by the service alone", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_code_that_is_all_that_may_sign_is_typed_on_the_device_that_kept_what_opens()
    {
        // Every trusted device is stolen, and one of them spoiled an epoch; the points went with the row. A young
        // device of the owner's has what was before, and may not sign; the code may, and has nothing.
        await using var world = await ModelWorld.OpenAsync(1056980795);
        await new Walk(world).GoAsync(
            [(Move.Rotate, 3141), (Move.Link, 2963), (Move.RestoreData, 7941), (Move.ThrowOut, 3048),
            (Move.Clear, 9997), (Move.Lose, 3273), (Move.Write, 9693), (Move.WrongRepair, 4407), (Move.Flood, 1913),
            (Move.LetIn, 8033), (Move.Steal, 2196), (Move.SpoilEpoch, 7814), (Move.Remove, 2295),
            (Move.Repair, 9720), (Move.Steal, 8765), (Move.Repair, 5525), (Move.RestoreData, 2476),
            (Move.LoseTheRow, 892), (Move.ThrowOut, 2690), (Move.Repair, 1337)]);
        output.WriteLine($"{world.Tally}");
        Assert.True(world.Tally["no clean point"] > 0 && world.Tally["recovered"] == 1, $"{world.Tally}");
    }

    [Fact]
    public async Task The_same_seed_and_steps_are_the_same_walk()
    {
        (Move, int)[] steps = [(Move.Link, 0), (Move.LetIn, 2), (Move.Wreck, 7), (Move.Save, 0), (Move.RestoreData, 0)];
        var ends = new List<(string, Hash256)>();
        foreach (var seed in new[] { 5, 5, 6 })
        {
            await using var world = await ModelWorld.OpenAsync(seed);
            await new Walk(world).GoAsync(steps);
            ends.Add(($"{world.Tally}", world.Row!.Manifest));
        }

        Assert.Equal(ends[0], ends[1]);
        Assert.NotEqual(ends[0].Item2, ends[2].Item2);
    }

    private async Task<Tally> WalkAsync(params (Move, int)[] steps)
    {
        await using var world = await ModelWorld.OpenAsync(1);
        await new Walk(world).GoAsync(steps);
        output.WriteLine($"{world.Tally}");
        return world.Tally;
    }
}
