using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.EndToEnd.Tests.Backups;

/// <summary>
/// After a restore by the real verb nobody honest is locked out: all keys that are left somewhere can be read, and
/// people are told what is lost, who is gone, and who is back.
/// </summary>
public sealed class RestoredPeopleTests : IDisposable
{
    // What only a device does that is trusted is done at once.
    private static readonly (string, string)[] Trusting =
    [
        ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"), ("Apps:0:Audience", "demo"),
        ("Apps:0:Policy:TrustAfterHours", "0"),
    ];

    private readonly People _people = new();

    public void Dispose() => _people.Dispose();

    [Fact]
    public async Task Nothing_lost_but_items_is_given_back_by_the_device_that_has_the_newest_table()
    {
        await using var world = await RestoredSite.MakeAsync(_people);
        using (var vault = await world.Person.Device.OpenAsync())
            TestDevice.Value(await vault.PutAsync("later", "after the set"u8.ToArray()));
        await world.RestoreAsync("data");
        using var opened = await world.Person.Device.OpenAsync();
        Assert.Equal("later", Assert.Single(opened.LostItems));
        Assert.Equal(world.Person.Content, TestDevice.Value(await opened.GetAsync("item")));
        Assert.NotNull(opened.RestoredAt);
        Assert.Empty(opened.Conflicts);
        TestDevice.Value(await opened.PutAsync("later", "again"u8.ToArray()));
        Assert.Equal("again"u8.ToArray(), TestDevice.Value(await opened.GetAsync("later")));
        // Nothing is behind any more: a second look finds nothing to give back.
        using var again = await world.Person.Device.OpenAsync();
        Assert.Empty(again.LostItems);
    }

    [Fact]
    public async Task What_another_device_stored_first_stays_and_what_this_one_knew_is_told()
    {
        await using var world = await RestoredSite.MakeAsync(_people);
        var second = world.Device();
        using (await second.RecoverAsync(world.Person.Code, name: "laptop")) { }
        await world.BackupAsync();
        using (var vault = await world.Person.Device.OpenAsync())
        {
            TestDevice.Value(await vault.PutAsync("item", "newer"u8.ToArray()));
            TestDevice.Value(await vault.PutAsync("later", "after the set"u8.ToArray()));
        }
        await world.RestoreAsync("data");
        // The laptop had seen no more than the set.
        using (var vault = await second.OpenAsync())
            TestDevice.Value(await vault.PutAsync("third", "by the laptop"u8.ToArray()));
        using var opened = await world.Person.Device.OpenAsync();
        var conflict = Assert.Single(opened.Conflicts);
        Assert.Equal(["item", "later"], conflict.LostItems.AsEnumerable());
        Assert.Equal("by the laptop"u8.ToArray(), TestDevice.Value(await opened.GetAsync("third")));
        TestDevice.Value(await opened.PutAsync("later", "again"u8.ToArray()));
        // Told until the person has dismissed it, also after a restart.
        using (var again = await world.Person.Device.OpenAsync()) Assert.Single(again.Conflicts);
        TestDevice.Value(await opened.DismissConflictsAsync());
        using (var again = await world.Person.Device.OpenAsync()) Assert.Empty(again.Conflicts);
    }

    [Fact]
    public async Task Both_stores_older_with_a_device_added_and_one_removed_since_come_back_by_who_knows()
    {
        await using var world = await RestoredSite.MakeAsync(_people);
        var (lost, late) = (world.Device(), world.Device());
        using (await lost.RecoverAsync(world.Person.Code, name: "old tablet")) { }
        await world.BackupAsync();
        using (var vault = await world.Person.Device.OpenAsync())
        {
            var tablet = vault.Authorities.Single(a => a.Name == "old tablet").Id;
            TestDevice.Value(await vault.RevokeAsync(new RevocationRequest([tablet])));
        }
        using (await late.RecoverAsync(world.Person.Code, name: "laptop")) { }
        using (var vault = await world.Person.Device.OpenAsync())
            TestDevice.Value(await vault.PutAsync("item", world.Person.Content));
        await world.RestoreAsync("all");
        // The device that was added after the set brings the chain that has it: the home had signed its head.
        using (var vault = await late.OpenAsync())
            Assert.Equal(world.Person.Content, TestDevice.Value(await vault.GetAsync("item")));
        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(await lost.Client.OpenAsync()));
        using var opened = await world.Person.Device.OpenAsync();
        Assert.Equal(["laptop", "phone"], opened.Authorities.Where(a => a.Kind == AuthorityKind.Device)
            .Select(a => a.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Whom_the_restored_account_does_not_know_is_told_so_when_the_others_have_gone_on()
    {
        await using var world = await RestoredSite.MakeAsync(_people);
        var (late, next) = (world.Device(), world.Device());
        using (await late.RecoverAsync(world.Person.Code, name: "laptop")) { }
        using (await world.Person.Device.OpenAsync()) { }
        await world.RestoreAsync("all");
        // The paper knows of no restore: a new phone goes on from what the server has.
        using (await next.RecoverAsync(world.Person.Code, name: "new phone")) { }
        Assert.IsType<ClientFailure.RestoredWithoutYou>(TestDevice.Failure(await late.Client.OpenAsync()));
        using var opened = await world.Person.Device.OpenAsync();
        var conflict = Assert.Single(opened.Conflicts);
        Assert.Equal("laptop", Assert.Single(conflict.LostAuthorities).Name);
        Assert.Contains(opened.Authorities, a => a.Name == "new phone");
        Assert.Equal(world.Person.Content, TestDevice.Value(await opened.GetAsync("item")));
    }

    [NeedsFact(Need.Faketime)]
    public async Task The_code_alone_goes_on_after_three_days_where_nobody_has_the_newest_link()
    {
        await using var world = await RestoredSite.MakeAsync(_people);
        var (lost, next) = (world.Device(), world.Device());
        // The newest link is the lake's: of the phone that made it, and of the laptop that it added.
        using (await lost.RecoverAsync(world.Person.Code, removeOthers: true, name: "laptop")) { }
        await world.RestoreAsync("data");
        using (var session = TestDevice.Value(await next.Client.BeginRecoveryAsync(world.Person.Code)))
        {
            Assert.NotNull(session.Behind);
            var early = Assert.IsType<ClientFailure.RestoredBehind>(
                TestDevice.Failure(await session.CompleteAsync("new phone", [])));
            Assert.IsType<ClientFailure.RestoredBehind>(TestDevice.Failure(await session.CompleteWithRevocationAsync(
                "new phone", new RevocationRequest([.. session.Devices.Select(d => d.Id)]) { Stolen = true })));
            Assert.Equal(TimeSpan.FromHours(72), early.OpensAt - early.RestoredAt);
        }
        // The phone that the lost link removed reads nothing meanwhile.
        Assert.IsNotType<Result<VaultSession>.Ok>(await world.Person.Device.Client.OpenAsync());

        await world.RestartAsync(ahead: TimeSpan.FromHours(80));
        using (var vault = await next.RecoverAsync(world.Person.Code, name: "new phone"))
        {
            Assert.Equal(world.Person.Content, TestDevice.Value(await vault.GetAsync("item")));
            TestDevice.Value(await vault.PutAsync("item", "goes on"u8.ToArray()));
            Assert.Equal("new phone", vault.Authorities.Single(a => a.Kind == AuthorityKind.Device).Name);
        }
        Assert.IsNotType<Result<VaultSession>.Ok>(await world.Person.Device.Client.OpenAsync());
        // Who had the newest link and comes too late is told that nobody removed it.
        Assert.IsType<ClientFailure.RestoredWithoutYou>(TestDevice.Failure(await lost.Client.OpenAsync()));
    }

    [NeedsFact(Need.Faketime)]
    public async Task An_older_device_goes_on_after_three_days_where_the_newest_links_maker_is_gone()
    {
        await using var world = await RestoredSite.MakeAsync(_people);
        var (stays, lost, removed) = (world.Device(), world.Device(), world.Device());
        using (await stays.RecoverAsync(world.Person.Code, name: "desktop")) { }
        using (await removed.RecoverAsync(world.Person.Code, name: "stolen")) { }
        await world.BackupAsync();
        using (var vault = await world.Person.Device.OpenAsync())
        {
            var stolen = vault.Authorities.Single(a => a.Name == "stolen").Id;
            TestDevice.Value(await vault.RevokeAsync(new RevocationRequest([stolen])));
        }
        await world.RestoreAsync("data");
        // The phone is gone with the only copy of that link; the desktop never saw it.
        using (var vault = await stays.OpenAsync())
        {
            Assert.Equal("stolen", Assert.Single(vault.Behind!.Leaving).Name);
            Assert.Equal(world.Person.Content, TestDevice.Value(await vault.GetAsync("item")));
            Assert.IsType<ClientFailure.RestoredBehind>(
                TestDevice.Failure(await vault.PutAsync("item", "no"u8.ToArray())));
            // Stored ahead of its commit, it would be refused for another reason.
            Assert.IsType<ClientFailure.RestoredBehind>(
                TestDevice.Failure(await vault.PutAsync("large", new byte[50_000])));
            Assert.IsType<ClientFailure.RestoredBehind>(TestDevice.Failure(await vault.GoOnAsync()));
        }
        await world.RestartAsync(ahead: TimeSpan.FromHours(80));
        Assert.IsNotType<Result<VaultSession>.Ok>(await removed.Client.OpenAsync());
        using var opened = await stays.OpenAsync();
        TestDevice.Value(await opened.GoOnAsync());
        Assert.Null(opened.Behind);
        Assert.DoesNotContain(opened.Authorities, a => a.Name == "stolen");
        TestDevice.Value(await opened.PutAsync("item", "goes on"u8.ToArray()));
        Assert.IsNotType<Result<VaultSession>.Ok>(await removed.Client.OpenAsync());
        using var late = await world.Person.Device.OpenAsync();
        Assert.Equal("goes on"u8.ToArray(), TestDevice.Value(await late.GetAsync("item")));
        Assert.Single(late.Conflicts);
    }

    [NeedsTheory(Need.Faketime), InlineData(false), InlineData(true)]
    public async Task A_device_that_the_restored_account_does_not_know_goes_on_where_it_stood_at_the_newest_link(
        bool isRowGone)
    {
        await using var world = await RestoredSite.MakeAsync(_people);
        var (stays, removed) = (world.Device(), world.Device());
        using (await removed.RecoverAsync(world.Person.Code, name: "stolen")) { }
        await world.BackupAsync();
        using (await stays.RecoverAsync(world.Person.Code, name: "desktop")) { }
        using (var vault = await world.Person.Device.OpenAsync())
            TestDevice.Value(await vault.RevokeAsync(new RevocationRequest(
                [vault.Authorities.Single(a => a.Name == "stolen").Id])));
        await world.RestoreAsync("data", isRowGone ? world.Empty : null);
        // The phone is gone with the only copy of the newest link; the desktop saw the one before.
        using (var vault = await stays.OpenAsync())
        {
            Assert.Equal("stolen", Assert.Single(vault.Behind!.Leaving).Name);
            Assert.IsType<ClientFailure.RestoredBehind>(
                TestDevice.Failure(await vault.PutAsync("item", "no"u8.ToArray())));
            Assert.IsType<ClientFailure.RestoredBehind>(TestDevice.Failure(await vault.GoOnAsync()));
        }
        // Who left it is told nothing that leads on.
        Assert.IsNotType<Result<VaultSession>.Ok>(await removed.Client.OpenAsync());
        await world.RestartAsync(ahead: TimeSpan.FromHours(80));
        using var opened = await stays.OpenAsync();
        TestDevice.Value(await opened.GoOnAsync());
        Assert.Null(opened.Behind);
        Assert.Equal(["desktop", "phone"], opened.Authorities.Where(a => a.Kind == AuthorityKind.Device)
            .Select(a => a.Name).Order(StringComparer.Ordinal));
        Assert.Equal(isRowGone ? ["item"] : [], opened.LostItems.AsEnumerable());
        if (!isRowGone) Assert.Equal(world.Person.Content, TestDevice.Value(await opened.GetAsync("item")));
        TestDevice.Value(await opened.PutAsync("item", "goes on"u8.ToArray()));
        Assert.IsNotType<Result<VaultSession>.Ok>(await removed.Client.OpenAsync());
        using var late = await world.Person.Device.OpenAsync();
        Assert.Equal("goes on"u8.ToArray(), TestDevice.Value(await late.GetAsync("item")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_had_begun_epochs_that_the_restore_lost_gets_rid_of_a_thief_who_spoiled_what_came_back(
        bool undoes)
    {
        await using var world = await RestoredSite.MakeAsync(_people, Trusting);
        var (old, thief) = (world.Device(), world.Device());
        using (await old.RecoverAsync(world.Person.Code, name: "old tablet")) { }
        using (await thief.RecoverAsync(world.Person.Code, name: "stolen")) { }
        await world.BackupAsync();
        using (var vault = await world.Person.Device.OpenAsync())
            TestDevice.Value(await vault.RevokeAsync(new RevocationRequest(
                [vault.Authorities.Single(a => a.Name == "old tablet").Id])));
        await world.RestoreAsync("all");
        // The thief saw no more than the set, and is there first.
        await Culprit.BeginUnsoundEpochAsync(thief);
        using var opened = await world.Person.Device.OpenAsync();
        var stolen = opened.Spoiled!.By;
        // What the phone opened last is of epochs that the account does not have any more.
        var points = TestDevice.Value(await opened.ListRestorePointsAsync());
        Assert.DoesNotContain(points, p => p.Reason == RestorePointReason.KeptHere);
        if (undoes) TestDevice.Value(await opened.UndoAsync(new UndoRequest(points[0]) { Remove = [stolen] }));
        else TestDevice.Value(await opened.RevokeAsync(new RevocationRequest([stolen]) { Stolen = true }));
        Assert.Null(opened.Spoiled);
        Assert.DoesNotContain(opened.Authorities, a => a.Name == "stolen");
        Assert.Equal(world.Person.Content, TestDevice.Value(await opened.GetAsync("item")));
        Assert.Single(opened.Conflicts);
        var next = world.Device();
        using var recovered = await next.RecoverAsync(world.Person.Code, name: "new phone");
        Assert.Equal(world.Person.Content, TestDevice.Value(await recovered.GetAsync("item")));
    }

    [Fact]
    public async Task What_the_restore_lost_for_good_keeps_no_thief_in_and_nothing_else_away()
    {
        await using var world = await RestoredSite.MakeAsync(_people, Trusting);
        var (thief, next) = (world.Device(), world.Device());
        using (await thief.RecoverAsync(world.Person.Code, name: "stolen")) { }
        using (await world.Person.Device.OpenAsync()) { }
        await world.RestoreAsync("data", world.Empty);
        using var opened = await world.Person.Device.OpenAsync();
        Assert.Equal("item", Assert.Single(opened.LostItems));
        TestDevice.Value(await opened.PutAsync("later", "kept"u8.ToArray()));
        using (var vault = await thief.OpenAsync())
            TestDevice.Value(await vault.EditAsync([new ItemEdit.Remove("item"), new ItemEdit.Remove("later")]));
        await Culprit.BeginUnsoundEpochAsync(thief);
        Assert.IsType<ClientFailure.Spoiled>(TestDevice.Failure(await opened.RefreshAsync()));
        var stolen = opened.Spoiled!.By;
        TestDevice.Value(await opened.RevokeAsync(new RevocationRequest([stolen]) { Stolen = true }));
        Assert.Equal("kept"u8.ToArray(), TestDevice.Value(await opened.GetAsync("later")));
        Assert.DoesNotContain("item", opened.Items.Select(i => i.Name));
        using var recovered = await next.RecoverAsync(world.Person.Code, name: "new phone");
        Assert.Equal("kept"u8.ToArray(), TestDevice.Value(await recovered.GetAsync("later")));
    }

    [Fact]
    public async Task A_point_below_what_a_device_gave_back_unproved_is_no_lie_of_the_home()
    {
        await using var world = await RestoredSite.MakeAsync(_people);
        var second = world.Device();
        using var next = RecoveryCode.Generate(SystemRandom.Instance);
        using (await second.RecoverAsync(world.Person.Code, name: "laptop")) { }
        await world.BackupAsync();
        using (var vault = await world.Person.Device.OpenAsync())
            TestDevice.Value(await vault.PutAsync("lost", "1"u8.ToArray()));
        await world.RestoreAsync("all");
        using (var vault = await second.OpenAsync()) TestDevice.Value(await vault.PutAsync("a", "2"u8.ToArray()));
        await world.BackupAsync();
        using (var vault = await second.OpenAsync())
            foreach (var name in new[] { "b", "c" })
                TestDevice.Value(await vault.PutAsync(name, "3"u8.ToArray()));
        // The phone comes by what is there without the hashes that lead to it, and gives it back without them.
        using (var vault = await world.Person.Device.OpenAsync())
            TestDevice.Value(await vault.AddCodeAsync(next));
        await world.RestoreAsync("data");
        using var opened = await world.Person.Device.OpenAsync();
        Assert.Contains("b", opened.Items.Select(i => i.Name));
        var points = TestDevice.Value(await opened.ListRestorePointsAsync());
        Assert.NotEmpty(points);
        foreach (var point in points)
            TestDevice.Value(await opened.PlanUndoAsync(new UndoRequest(point) { Remove = [] }));
    }

    [Fact]
    public async Task Two_restores_in_a_row_leave_every_device_a_way_in()
    {
        await using var world = await RestoredSite.MakeAsync(_people);
        var second = world.Device();
        using (await second.RecoverAsync(world.Person.Code, name: "laptop")) { }
        var first = await world.BackupAsync();
        using (var vault = await world.Person.Device.OpenAsync())
            TestDevice.Value(await vault.PutAsync("a", "1"u8.ToArray()));
        await world.RestoreAsync("data");
        using (var vault = await second.OpenAsync()) TestDevice.Value(await vault.PutAsync("b", "2"u8.ToArray()));
        await world.RestoreAsync("data", first);
        using (var vault = await world.Person.Device.OpenAsync())
        {
            Assert.Equal(world.Person.Content, TestDevice.Value(await vault.GetAsync("item")));
            TestDevice.Value(await vault.PutAsync("c", "3"u8.ToArray()));
        }
        using var last = await second.OpenAsync();
        Assert.Equal("3"u8.ToArray(), TestDevice.Value(await last.GetAsync("c")));
        Assert.Contains("b", Assert.Single(last.Conflicts).LostItems);
    }

    [Fact]
    public async Task Keys_that_go_back_after_data_that_nobody_met_leave_the_restore_known()
    {
        await using var world = await RestoredSite.MakeAsync(_people);
        using (var vault = await world.Person.Device.OpenAsync())
            TestDevice.Value(await vault.PutAsync("later", "after the set"u8.ToArray()));
        await world.RestoreAsync("data");
        await world.RestoreAsync("keys");
        using var opened = await world.Person.Device.OpenAsync();
        Assert.Equal("later", Assert.Single(opened.LostItems));
        Assert.NotNull(opened.RestoredAt);
        TestDevice.Value(await opened.PutAsync("later", "again"u8.ToArray()));
    }

    [Fact]
    public async Task The_key_store_alone_restored_shuts_nobody_out_who_joined_since()
    {
        await using var world = await RestoredSite.MakeAsync(_people);
        var late = world.Device();
        using (await late.RecoverAsync(world.Person.Code, name: "laptop")) { }
        using (var vault = await late.OpenAsync())
            TestDevice.Value(await vault.PutAsync("item", "newer"u8.ToArray()));
        await world.RestoreAsync("keys");
        using (var vault = await late.OpenAsync())
            Assert.Equal("newer"u8.ToArray(), TestDevice.Value(await vault.GetAsync("item")));
        using var opened = await world.Person.Device.OpenAsync();
        Assert.Empty(opened.Conflicts);
        TestDevice.Value(await opened.PutAsync("item", "goes on"u8.ToArray()));
    }
}
