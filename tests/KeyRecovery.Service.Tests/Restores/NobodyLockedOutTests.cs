using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using KeyRecovery.Testing;
using AccountChange = KeyRecovery.Testing.AccountChange;

namespace KeyRecovery.Service.Tests.Restores;

/// <summary>
/// Whatever is restored: each key that somebody still holds opens what there is, in the end, and everybody hears the
/// truth on the way.
/// </summary>
[Trait("Store", "Files")]
public sealed class NobodyLockedOutTests
{
    [Fact]
    public async Task Data_that_lost_nothing_but_items_get_them_back_from_a_device()
    {
        await using var world = await RestoreWorld.OpenAsync();
        await world.PutAsync(world.Phone, [2]);
        await world.SaveAsync("set");
        await world.RestoreAsync(data: "set");
        var item = world.Account.Now.Manifest.Manifest.Items[0].Hash;
        using (var open = await world.Server.PassAsync(world.Account, world.Phone))
            await world.Server.Data.WriteAsync([new RowWrite.Remove(open.Rows.Item(item))], default);

        var repaired = await world.RepairedAsync(world.Phone, world.Bundle(world.Account.Now));
        Assert.Equal<Hash256>([item], repaired.Missing);
        await world.HasAsync(world.Account.Now, world.Phone, world.Tablet, world.Code);
    }

    [Fact]
    public async Task Data_of_five_days_ago_with_devices_that_came_and_went_since_are_given_back_whole()
    {
        await using var world = await RestoreWorld.OpenAsync();
        var set = world.Account.Now;
        await world.SaveAsync("set");
        using var laptop = TestAuthority.Device(world.Random);
        await world.CommitAsync(world.Phone, new AccountChange { Add = [laptop] });
        await world.WaitAsync(TimeSpan.FromDays(4));
        await world.PutAsync(world.Phone, [3]);
        await world.CommitAsync(world.Phone, new AccountChange { Remove = [world.Tablet] });
        await world.WaitAsync(TimeSpan.FromDays(1));
        await world.PutAsync(laptop, [4]);
        var now = world.Account.Now;
        await world.RestoreAsync(data: "set");

        // Who stands in both is told what is left, and by whom it is known that it is not all.
        var told = await world.TellAsync(world.Phone);
        Assert.Equal(set.Manifest.Hash, SignedManifest.Decode(told.Manifest).Hash);
        Assert.Equal(
            new[] { world.Phone.Id, laptop.Id, world.Code.Id }.Order(), told.ActiveAtMinChain);
        var claim = Assert.Single(world.Claims(told.Restored));
        Assert.Equal((1UL, 2UL), (claim.ChainSequence, claim.ManifestVersion));
        Assert.True(claim.Time > world.HeadOf(now).Head.Time);
        // The others hear that it is to be mended, and are called neither wrong nor removed.
        foreach (var other in new[] { laptop, world.Tablet })
        {
            var shut = await world.ShutAsync(other, mayBeBehind: true);
            Assert.Equal(ErrorCode.RepairRequired, shut.Code);
            Assert.Equal([claim], world.Claims(shut.Restored));
        }

        // Also where the newest device does it, which the data do not know: the home's own head tells of it.
        await world.RepairedAsync(laptop, world.Bundle(now));
        await world.HasAsync(now, world.Phone, laptop, world.Code);
        var revoked = await world.ShutAsync(world.Tablet);
        Assert.Equal(ErrorCode.Revoked, revoked.Code);
        Assert.Equal(now.Manifest.Hash, SignedHead.Decode(revoked.SignedHead).Head.Manifest.Hash);
        using (var open = await world.Server.PassAsync(world.Account, world.Phone))
        {
            Assert.True(SignedHead.Decode(open.State.SignedHead).Head.Time >= claim.Time);
            Assert.Equal([claim], world.Claims(open.State.Claims));
        }

        await world.PutAsync(world.Phone, [5]);
        await world.HasAsync(world.Account.Now, world.Phone, laptop, world.Code);
    }

    [Fact]
    public async Task Links_that_only_added_are_missed_as_well()
    {
        await using var world = await RestoreWorld.OpenAsync();
        await world.SaveAsync("set");
        using var laptop = TestAuthority.Device(world.Random);
        await world.CommitAsync(world.Phone, new AccountChange { Add = [laptop] });
        await world.RestoreAsync(data: "set");
        Assert.Equal(ErrorCode.RepairRequired, (await world.ShutAsync(world.Phone)).Code);
        await world.RepairedAsync(world.Phone, world.Bundle(world.Account.Now));
        await world.HasAsync(world.Account.Now, world.Phone, world.Tablet, laptop);
    }

    [Fact]
    public async Task With_both_stores_older_the_account_is_open_and_takes_back_what_the_home_had_signed()
    {
        await using var world = await RestoreWorld.OpenAsync();
        await world.SaveAsync("set");
        using var laptop = TestAuthority.Device(world.Random);
        using var kit = TestAuthority.Code(world.Random);
        await world.CommitAsync(world.Phone, new AccountChange { Add = [laptop, kit] });
        await world.CommitAsync(world.Phone, new AccountChange { Remove = [world.Tablet] });
        await world.PutAsync(world.Phone, [7]);
        var now = world.Account.Now;
        await world.RestoreAsync(data: "set", keys: "set");

        Assert.Equal(
            (1UL, 2UL), world.Claims((await world.TellAsync(world.Tablet)).Restored)
                .Select(c => (c.ChainSequence, c.ManifestVersion)).Single());
        await world.RepairedAsync(world.Phone, world.Bundle(now));
        await world.HasAsync(now, world.Phone, laptop, kit, world.Code);
        Assert.Equal(ErrorCode.Revoked, (await world.ShutAsync(world.Tablet)).Code);
    }

    [Fact]
    public async Task An_account_whose_row_is_gone_comes_back_from_any_device_of_it()
    {
        await using var world = await RestoreWorld.OpenAsync();
        await world.PutAsync(world.Phone, [8]);
        var now = world.Account.Now;
        await world.RestoreAsync(data: "empty");
        var lost = await world.ShutAsync(world.Code);
        Assert.Equal(ErrorCode.VaultLost, lost.Code);
        var claim = Assert.Single(world.Claims(lost.Restored));
        Assert.Equal((0UL, 0UL), (claim.ChainSequence, claim.ManifestVersion));
        // Once for a loss.
        Assert.Equal([claim], world.Claims((await world.ShutAsync(world.Phone)).Restored));

        await world.RepairedAsync(world.Tablet, world.Bundle(now));
        await world.HasAsync(now, world.Phone, world.Tablet, world.Code);
        Assert.Null((await world.KeyRowAsync()).Loss);
        using var open = await world.Server.PassAsync(world.Account, world.Phone);
        // Whom the key row remembers as trusted is trusted.
        var soon = (ulong)world.Server.Time.GetUtcNow().ToUnixTimeSeconds() + 1;
        Assert.DoesNotContain(
            open.State.Authorities.Values, a => a.Id != world.Tablet.Id && a.TrustedFrom > soon);
    }

    [Fact]
    public async Task A_code_alone_goes_the_way_back_with_a_new_phone_after_three_days()
    {
        await using var world = await RestoreWorld.OpenAsync();
        var set = world.Account.Now;
        await world.SaveAsync("set");
        await world.CommitAsync(world.Phone, new AccountChange { Remove = [world.Tablet] });
        var lost = world.Account.Now;
        await world.RestoreAsync(data: "set");

        // Both devices are in the lake: the code reads what is left, and whom to leave out.
        var told = await world.TellAsync(world.Code);
        Assert.Equal(new[] { world.Phone.Id, world.Code.Id }.Order(), told.ActiveAtMinChain);
        world.Rewind(set);
        using var phone = TestAuthority.Device(world.Random);
        world.Account.Commit(
            world.Code, new AccountChange { Add = [phone], Remove = [world.Tablet] });
        var back = world.Account.Now;
        var young = await world.RefusedAsync(world.Code, world.Bundle(back));
        Assert.Equal(ErrorCode.YoungAuthority, young.Code);
        await world.WaitAsync(TimeSpan.FromHours(71));
        Assert.Equal(ErrorCode.YoungAuthority, (await world.RefusedAsync(world.Code, world.Bundle(back))).Code);
        Assert.InRange(
            young.TrustedFrom!.Value, (ulong)world.Server.Time.GetUtcNow().ToUnixTimeSeconds(),
            (ulong)world.Server.Time.GetUtcNow().AddHours(2).ToUnixTimeSeconds());
        await world.WaitAsync(TimeSpan.FromHours(2));
        await world.RepairedAsync(world.Code, world.Bundle(back));
        await world.HasAsync(back, phone, world.Code, world.Phone);
        Assert.Equal(back.Links[^1].Hash, (await world.KeyRowAsync()).MinChain!.Place.Hash);

        // The same once more, as its answer was lost; and the other way is closed.
        await world.RepairedAsync(world.Code, world.Bundle(back));
        await world.RefusedAsync(world.Phone, world.Bundle(lost), "links", ProtocolFault.NotBehind);
        await world.PutAsync(world.Phone, [9]);
        await world.HasAsync(world.Account.Now, phone, world.Code);
    }

    [Fact]
    public async Task Where_the_maker_of_the_newest_link_is_gone_another_device_goes_the_way_back()
    {
        await using var world = await RestoreWorld.OpenAsync();
        var set = world.Account.Now;
        await world.SaveAsync("set");
        using var laptop = TestAuthority.Device(world.Random);
        await world.CommitAsync(world.Phone, new AccountChange { Add = [laptop] });
        await world.RestoreAsync(data: "set");
        // The phone and the laptop never come; the tablet was switched off that day.
        world.Rewind(set);
        await world.WaitAsync(TimeSpan.FromHours(73));
        world.Account.Commit(world.Tablet, new AccountChange { Mend = true });
        await world.RepairedAsync(world.Tablet, world.Bundle(world.Account.Now));
        await world.HasAsync(world.Account.Now, world.Phone, world.Tablet, world.Code);
        // Who was left out is told nothing but that it is not there.
        Assert.Equal(ErrorCode.SignatureInvalid, (await world.ShutAsync(laptop)).Code);
    }

    [Fact]
    public async Task Where_the_row_is_gone_and_the_newest_link_with_it_a_device_goes_the_way_back_from_what_it_kept()
    {
        await using var world = await RestoreWorld.OpenAsync();
        var kept = world.Account.Now;
        using var laptop = TestAuthority.Device(world.Random);
        await world.CommitAsync(world.Phone, new AccountChange { Add = [laptop] });
        await world.RestoreAsync(data: "empty");
        await world.ShutAsync(world.Tablet);
        world.Rewind(kept);
        await world.RefusedAsync(world.Tablet, world.Bundle(kept), "links", ProtocolFault.RolledBackChain);
        await world.WaitAsync(TimeSpan.FromHours(73));
        world.Account.Commit(world.Tablet, new AccountChange { Mend = true });
        var back = world.Bundle(world.Account.Now) with { Head = world.HeadOf(kept) };
        await world.RefusedAsync(
            world.Tablet, back with { Head = null }, "links", ProtocolFault.RolledBackChain);
        await world.RepairedAsync(world.Tablet, back);
        await world.HasAsync(world.Account.Now, world.Phone, world.Tablet, world.Code);
    }

    [Fact]
    public async Task Whom_the_restored_row_does_not_know_goes_the_way_back_on_the_longer_chain_that_it_brings()
    {
        await using var world = await RestoreWorld.OpenAsync();
        await world.SaveAsync("set");
        using var laptop = TestAuthority.Device(world.Random);
        await world.CommitAsync(world.Phone, new AccountChange { Add = [laptop], Put = [(world.Diary, [6])] });
        var kept = world.Account.Now;
        await world.CommitAsync(world.Phone, new AccountChange { Remove = [world.Tablet] });
        await world.RestoreAsync(data: "set");
        world.Rewind(kept);

        // It cannot read who has to leave: the refusal of its repair says it, to nobody else and for nothing less.
        var told = await world.RefusedAsync(laptop, world.Bundle(kept));
        Assert.Equal(new[] { world.Phone.Id, laptop.Id, world.Code.Id }.Order(), told.ActiveAtMinChain);
        Assert.Empty((await world.RefusedAsync(laptop, world.Bundle(kept, withHead: false))).ActiveAtMinChain);
        Assert.Empty((await world.RefusedAsync(world.Tablet, world.Bundle(kept))).ActiveAtMinChain);

        world.Account.Commit(laptop, new AccountChange { Mend = true, Remove = [world.Tablet] });
        var back = world.Bundle(world.Account.Now) with { Head = world.HeadOf(kept) };
        Assert.Equal(ErrorCode.YoungAuthority, (await world.RefusedAsync(laptop, back)).Code);
        await world.WaitAsync(TimeSpan.FromHours(73));
        await world.RefusedAsync(laptop, back with { Head = null }, "links", ProtocolFault.RolledBackChain);
        var item = kept.Manifest.Manifest.Items[0].Hash;
        Assert.Equal<Hash256>([item], (await world.RepairedAsync(laptop, back)).Missing);
        await world.HasAsync(world.Account.Now, world.Phone, laptop, world.Code);
        Assert.Equal(ErrorCode.Revoked, (await world.ShutAsync(world.Tablet)).Code);
        await world.PutAsync(laptop, [7]);
        await world.HasAsync(world.Account.Now, world.Phone, laptop, world.Code);
    }

    [Fact]
    public async Task A_device_that_was_off_for_a_year_reads_on_from_what_it_knew_and_goes_the_way_back()
    {
        await using var world = await RestoreWorld.OpenAsync();
        var home = new[] { world.Server.Service.Erasures.AuditKey };
        VaultVerdict.Ok Read(VaultBundle told, VerifiedVault? known) => Assert.IsType<VaultVerdict.Ok>(
            VerifiedVault.Verify(world.Account.AppId, told, world.Tablet.Identity, known, home));
        var known = Read(await world.TellAsync(world.Tablet, 1), null).Vault;

        using var laptop = TestAuthority.Device(world.Random);
        using var desktop = TestAuthority.Device(world.Random);
        for (byte month = 0; month < 6; month++)
        {
            await world.WaitAsync(TimeSpan.FromDays(30));
            await world.PutAsync(world.Phone, [40, month]);
            if (month == 1) await world.CommitAsync(world.Phone, new AccountChange { Add = [laptop] });
            if (month == 4) await world.CommitAsync(world.Phone, new AccountChange { Remove = [laptop] });
        }

        var set = world.Account.Now;
        await world.SaveAsync("set");
        await world.WaitAsync(TimeSpan.FromDays(185));
        await world.CommitAsync(world.Phone, new AccountChange { Add = [desktop] });
        await world.RestoreAsync(data: "set");
        // Phone and desktop are gone with the newest link.
        world.Rewind(set);
        var read = Read(await world.TellAsync(world.Tablet, known.Manifest.Manifest.Version), known);
        Assert.Null(read.Conflict);
        Assert.Equal(set.Manifest.Hash, read.Vault.Manifest.Hash);
        Assert.NotNull(read.Vault.BehindSince);
        using (var open = read.Vault.Open(world.Tablet.Id, world.Tablet.Kem).Vault) Assert.NotNull(open);

        await world.WaitAsync(TimeSpan.FromHours(73));
        world.Account.Commit(world.Tablet, new AccountChange { Mend = true });
        await world.RepairedAsync(world.Tablet, world.Bundle(world.Account.Now));
        await world.HasAsync(world.Account.Now, world.Phone, world.Tablet, world.Code);
    }

    [Fact]
    public async Task Where_more_was_committed_than_a_device_keeps_hashes_a_gap_is_told_and_all_else_holds()
    {
        await using var world = await RestoreWorld.OpenAsync();
        var set = world.Account.Now;
        await world.SaveAsync("set");
        for (byte at = 0; at < 9; at++) await world.PutAsync(world.Phone, [20, at]);
        var now = world.Account.Now;
        await world.RestoreAsync(data: "set");
        await world.RepairedAsync(world.Phone, world.Bundle(now, hashes: 3));

        var told = await world.TellAsync(world.Phone, 1);
        var (from, to) = (set.Manifest.Manifest.Version + 1, now.Manifest.Manifest.Version - 4);
        Assert.Equal((from, to), told.Gaps.Select(g => (g.From, g.To)).Single());
        Assert.Equal(
            [.. now.Hashes[..(int)set.Manifest.Manifest.Version], .. now.Hashes[^3..]],
            (IEnumerable<Hash256>)told.Hashes);
        Assert.Empty((await world.TellAsync(world.Phone, to + 1)).Gaps);
        await world.HasAsync(now, world.Phone, world.Tablet, world.Code);
        // What was there before is a point, by the home's own head and under a claim.
        using (var open = await world.Server.PassAsync(world.Account, world.Phone))
        {
            var point = RestorePoint.Decode(
                (await world.Server.Service.RestorePoints.FindAsync(open, set.Manifest.Hash, default))!);
            Assert.Equal(world.HeadOf(set).Bytes, point.Head!.Bytes);
            var verified = ((VaultVerdict.Ok)VerifiedVault.Verify(
                world.Account.AppId, told, world.Phone.Identity, null, [world.Server.Service.Erasures.AuditKey])).Vault;
            Assert.Equal(
                ProtocolFault.None, point.Check(verified, homeKeys: [world.Server.Service.Erasures.AuditKey]));
            foreach (var item in point.Manifest.Manifest.Items)
                Assert.NotNull(await world.Server.Service.Vaults.FindItemAsync(open, item.Hash, default));
        }

        await world.PutAsync(world.Tablet, [30]);
        await world.HasAsync(world.Account.Now, world.Phone, world.Tablet, world.Code);
    }

    [Fact]
    public async Task Two_restores_in_a_row_are_two_claims_and_the_newest_state_still_comes_back()
    {
        await using var world = await RestoreWorld.OpenAsync();
        await world.SaveAsync("first");
        await world.PutAsync(world.Phone, [11]);
        await world.SaveAsync("second");
        using var laptop = TestAuthority.Device(world.Random);
        await world.CommitAsync(world.Phone, new AccountChange { Add = [laptop] });
        var now = world.Account.Now;
        await world.RestoreAsync(data: "second");
        await world.TellAsync(world.Phone);
        await world.RestoreAsync(data: "first");

        var claims = world.Claims((await world.TellAsync(world.Phone)).Restored);
        Assert.Equal([3UL, 2UL], claims.Select(c => c.ManifestVersion));
        Assert.Equal(2, claims.DistinctBy(c => c.Restore).Count());
        await world.RepairedAsync(world.Phone, world.Bundle(now));
        await world.HasAsync(now, world.Phone, laptop, world.Code);
    }

    [Fact]
    public async Task A_newer_backup_after_an_older_one_claims_where_the_lines_part()
    {
        await using var world = await RestoreWorld.OpenAsync();
        var first = world.Account.Now;
        await world.SaveAsync("first");
        await world.PutAsync(world.Phone, [11]);
        var second = world.Account.Now;
        await world.SaveAsync("second");
        await world.RestoreAsync(data: "first");
        world.Rewind(first);
        await world.PutAsync(world.Phone, [12]);
        var between = world.HeadOf(world.Account.Now).Head;
        await world.RestoreAsync(data: "second");

        var told = await world.TellAsync(world.Phone);
        var claims = world.Claims(told.Restored);
        Assert.Equal([2UL, 2UL], claims.Select(c => c.ManifestVersion));
        // Who read in between, and writes now, holds two heads of one version: both are true.
        world.Account.Forget();
        world.Account.Take(new CommitBundle(null, null, second.Manifest, []));
        await world.PutAsync(world.Phone, [13]);
        var now = world.HeadOf(world.Account.Now).Head;
        Assert.False(between.Contradicts(now, claims));
        Assert.False(between.Contradicts(world.HeadOf(second).Head, claims));
        Assert.True(between.Contradicts(world.HeadOf(second).Head));
        await world.HasAsync(world.Account.Now, world.Phone, world.Tablet, world.Code);
    }

    [Fact]
    public async Task A_key_store_that_is_restored_alone_makes_no_account_look_restored()
    {
        await using var world = await RestoreWorld.OpenAsync();
        await world.SaveAsync("set");
        using var kit = TestAuthority.Code(world.Random);
        await world.CommitAsync(world.Phone, new AccountChange { Add = [kit] });
        await world.CommitAsync(world.Phone, new AccountChange { Remove = [world.Tablet] });
        await world.RestoreAsync(keys: "set");

        var key = await world.KeyRowAsync();
        Assert.Equal(world.Account.Now.Links[^1].Hash, key.MinChain!.Place.Hash);
        Assert.Equal(
            new[] { world.Phone.Id, world.Code.Id, kit.Id }.Order(), key.MinChain.Active);
        await world.HasAsync(world.Account.Now, world.Phone, world.Code, kit);
        Assert.Empty((await world.TellAsync(world.Phone)).Restored);
        await world.RefusedAsync(
            world.Phone, world.Bundle(world.Account.Now) with { Head = null, Links = world.Account.Now.Links[..2] },
            "links", ProtocolFault.NotBehind);
    }

    [Fact]
    public async Task A_key_store_from_before_a_restore_of_data_learns_of_it_from_the_accounts()
    {
        await using var world = await RestoreWorld.OpenAsync();
        await world.SaveAsync("set");
        await world.PutAsync(world.Phone, [12]);
        var now = world.Account.Now;
        await world.RestoreAsync(data: "set");
        await world.TellAsync(world.Phone);
        await world.RestoreAsync(keys: "set");
        // It still is the account that was restored, once, and its claim is not lost.
        Assert.Single((await world.TellAsync(world.Phone)).Restored);
        Assert.Single((await world.KeyRowAsync()).Claims);
        await world.RepairedAsync(world.Phone, world.Bundle(now));
        await world.HasAsync(now, world.Phone, world.Tablet, world.Code);
    }

    [Fact]
    public async Task Where_only_a_young_device_is_left_it_mends_what_the_home_signed_and_the_rest_after_its_time()
    {
        await using var world = await RestoreWorld.OpenAsync();
        await world.SaveAsync("set");
        using var laptop = TestAuthority.Device(world.Random);
        await world.CommitAsync(world.Phone, new AccountChange { Add = [laptop] });
        var now = world.Account.Now;
        var signedAt = world.HeadOf(now).Head.Time;
        await world.WaitAsync(TimeSpan.FromHours(1));
        await world.RestoreAsync(data: "set");
        await world.RepairedAsync(laptop, world.Bundle(now));
        await world.HasAsync(now, laptop, world.Code);
        using (var open = await world.Server.PassAsync(world.Account, laptop))
            Assert.Equal(signedAt + 72 * 3600, open.State.Authorities[laptop.Id].TrustedFrom);
        var removal = world.Account.Commit(laptop, new AccountChange { Remove = [world.Phone] });
        var failure = Assert.IsType<Outcome<Heads>.Failed>(
            await world.Server.CommitAsync(world.Account, laptop, removal)).Failure;
        Assert.Equal(ErrorCode.YoungAuthority, failure.Code);
    }

    [Fact]
    public async Task A_file_that_was_put_back_by_hand_is_noticed_at_the_newest_link_and_claimed_once()
    {
        await using var world = await RestoreWorld.OpenAsync();
        await world.SaveAsync("set");
        await world.CommitAsync(world.Phone, new AccountChange { Mend = true });
        var now = world.Account.Now;
        await world.PutBackAsync(data: "set");
        var claim = Assert.Single(world.Claims((await world.TellAsync(world.Phone)).Restored));
        Assert.Equal([claim], world.Claims((await world.ShutAsync(world.Code)).Restored));
        await world.RepairedAsync(world.Phone, world.Bundle(now));
        await world.HasAsync(now, world.Phone, world.Tablet, world.Code);
        Assert.Null((await world.KeyRowAsync()).Loss);
    }
}
