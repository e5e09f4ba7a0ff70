using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Points;

/// <summary>What a server asks of an undo.</summary>
public sealed class UndoRuleTests
{
    private static readonly AccountChange Mend = new() { Mend = true };

    [Fact]
    public async Task An_undo_needs_a_link_that_begins_an_epoch_and_a_base_that_the_account_has_had()
    {
        await using var world = await PointWorld.OpenAsync();
        await world.PutAsync(world.Phone, world.Diary, [3]);
        await world.PutAsync(world.Phone, world.Diary, [4]);
        var undo = Undone(world, world.Phone, 0, bringsBase: true);

        var alone = undo with { Link = null, Keyset = null };
        await RefusedAsync(world, alone, "manifest", ProtocolFault.ManifestBase);
        // In its trail, but nobody has it any more.
        await RefusedAsync(world, undo with { Base = null }, "manifest", ProtocolFault.ManifestBase);
        await RefusedAsync(
            world, undo with { Base = world.Account.History[1].Manifest }, "manifest", ProtocolFault.ManifestBase);
        var plain = world.Account.Commit(world.Phone, Mend);
        world.Account.Forget();
        await RefusedAsync(
            world, plain with { Base = world.Account.History[0].Manifest }, "manifest", ProtocolFault.ManifestBase);
        using var watch = TestAuthority.Device(world.Random);
        var adds = world.Account.Commit(world.Phone, new AccountChange { Add = [watch] });
        world.Account.Forget();
        var stays = SignedManifest.Sign(
            adds.Manifest.Manifest with { Base = world.Account.History[1].Manifest.Place }, world.Phone.Signing);
        await RefusedAsync(
            world, adds with { Manifest = stays, Base = world.Account.History[1].Manifest }, "manifest",
            ProtocolFault.ManifestBase);

        // The control.
        Assert.IsType<Outcome<Heads>.Done>(await world.Server.CommitAsync(world.Account, world.Phone, undo));
        world.Account.Take(undo);
        await world.HasAsync(world.Account.History[0], world.Phone, world.Code);
        await world.SoundAsync();
    }

    [Fact]
    public async Task A_base_that_no_trail_has_is_taken_with_a_signature_of_its_place_and_with_no_other()
    {
        await using var world = await PointWorld.OpenAsync();
        var (diary, first) = (world.Diary, world.Account.Now.Manifest);
        // As a restore leaves it: the account was once otherwise, and a device kept that.
        var lost = first.Manifest with
        {
            Version = 2, Previous = first.Hash, Trail = first.NextTrail,
            Items = [.. first.Manifest.Items.Where(i => i.Id == diary)],
        };
        await world.PutAsync(world.Phone, world.Photo, [7]);
        await world.PutAsync(world.Phone, diary, [8]);
        using var stranger = TestAuthority.Device(world.Random);
        SignedManifest[] wrong =
        [
            SignedManifest.Sign(lost, stranger.Signing),
            SignedManifest.Sign(lost with { Signer = stranger.Id }, stranger.Signing),
            SignedManifest.Sign(lost with { ChainHead = new ChainPlace(0, default) }, world.Phone.Signing),
            SignedManifest.Sign(lost with { ChainHead = new ChainPlace(9, default) }, world.Phone.Signing),
            SignedManifest.Sign(lost with { Epoch = 2 }, world.Phone.Signing),
            SignedManifest.Sign(lost with { Account = new AccountId(world.Random.Bytes(16)) }, world.Phone.Signing),
        ];
        foreach (var one in wrong)
            await RefusedAsync(world, Undone(world, world.Phone, one), "manifest", ProtocolFault.ManifestBase);
        var undo = Undone(world, world.Phone, SignedManifest.Sign(lost, world.Phone.Signing));
        Assert.IsType<Outcome<Heads>.Done>(await world.Server.CommitAsync(world.Account, world.Phone, undo));
    }

    [Fact]
    public async Task An_entry_of_the_base_whose_bytes_are_gone_is_refused_until_they_are_stored_again()
    {
        await using var world = await PointWorld.OpenAsync();
        var photo = world.Account.Now.Manifest.Manifest.Find(world.Photo)!;
        await world.CommitAsync(world.Phone, new AccountChange { Delete = [world.Photo] });
        world.Server.Time.Advance(TimeSpan.FromDays(Limits.OldVersionDays + 1));
        await world.SoundAsync();
        Assert.Null(await world.ItemAsync(photo.Hash));
        var undo = Undone(world, world.Phone, 0, bringsBase: true);
        await RefusedAsync(world, undo, "items", ProtocolFault.ItemHash);
        using (var open = await world.Server.PassAsync(world.Account, world.Phone))
            Assert.IsType<Outcome<Hash256>.Done>(await world.Server.Service.Staging.PutAsync(
                open, photo.Hash, world.Account.Items[photo.Hash], default));
        Assert.IsType<Outcome<Heads>.Done>(await world.Server.CommitAsync(world.Account, world.Phone, undo));
        world.Account.Take(undo);
        await world.HasAsync(world.Account.History[0], world.Phone);
        await world.SoundAsync();
    }

    [Fact]
    public async Task A_version_that_an_undo_brought_back_is_an_older_one_once_more_when_it_is_replaced_again()
    {
        await using var world = await PointWorld.OpenAsync();
        var first = world.Account.Now.Manifest.Manifest.Find(world.Diary)!.Hash;
        await world.PutAsync(world.Phone, world.Diary, [3]);
        var undo = Undone(world, world.Phone, 0, bringsBase: true);
        Assert.IsType<Outcome<Heads>.Done>(await world.Server.CommitAsync(world.Account, world.Phone, undo));
        world.Account.Take(undo);
        world.Server.Time.Advance(TimeSpan.FromDays(Limits.OldVersionDays + 1));
        await world.PutAsync(world.Phone, world.Diary, [4]);
        await world.HasVersionsAsync(world.Diary, [first]);
        await world.SoundAsync();
        await world.HasVersionsAsync(world.Diary, [first]);
        // The control: what it was in between is gone, but for the point before the undo.
        Assert.Equal(2, (await VersionsAsync(world)).Length);

        async Task<System.Collections.Immutable.ImmutableArray<UseCases.ItemVersion>> VersionsAsync(PointWorld of)
        {
            using var open = await of.Server.PassAsync(of.Account, of.Phone);
            return await of.Server.Service.Vaults.ReadVersionsAsync(open, of.Diary, default);
        }
    }

    [Fact]
    public async Task A_slot_takes_entries_of_either_and_changes_or_leaves_out_none()
    {
        await using var world = await PointWorld.OpenAsync();
        await world.PutAsync(world.Phone, world.Diary, [3]);
        var left = Undone(world, world.Code, 0, bringsBase: true, new AccountChange { Delete = [world.Photo] });
        Assert.Equal("items", (await world.RefusedAsync(world.Code, left)).Field);
        var changed = Undone(
            world, world.Code, 0, bringsBase: true, new AccountChange { Put = [(world.Photo, [5])] });
        Assert.Equal(ErrorCode.Forbidden, (await world.RefusedAsync(world.Code, changed)).Code);
        var undo = Undone(world, world.Code, 0, bringsBase: true);
        Assert.IsType<Outcome<Heads>.Done>(await world.Server.CommitAsync(world.Account, world.Code, undo));

        // The control: a device may do both.
        world.Account.Take(undo);
        var both = world.Account.Undo(
            world.Phone, 1, new AccountChange { Put = [(world.Photo, [5])], Delete = [world.Diary] });
        Assert.IsType<Outcome<Heads>.Done>(await world.Server.CommitAsync(
            world.Account, world.Phone, both with { Base = world.Account.History[1].Manifest }));
        await world.SoundAsync();
    }

    [Fact]
    public async Task The_code_on_a_new_phone_goes_back_adds_the_phone_and_removes_all_others_in_one_commit()
    {
        await using var world = await PointWorld.OpenAsync();
        var thief = await world.AddThiefAsync();
        var good = world.Account.Now;
        await world.CommitAsync(thief.Device, new AccountChange { Put = [(world.Diary, [9])], Delete = [world.Photo] });
        using var phone = TestAuthority.Device(world.Random);
        var undo = world.Account.Undo(
            world.Code, world.Account.History.Count - 2,
            new AccountChange { Add = [phone], Remove = [thief.Device, world.Phone] });
        await world.TakenAsync(world.Code, undo);
        var vault = await world.ReadAsync(phone);
        Assert.Equal<ManifestItem>(good.Manifest.Manifest.Items, vault.Manifest.Manifest.Items);
        using var open = vault.Open(phone.Id, phone.Kem).Vault!;
        using var passed = await world.Server.PassAsync(world.Account, phone);
        foreach (var item in vault.Manifest.Manifest.Items)
        {
            var bytes = await world.Server.Service.Vaults.FindItemAsync(passed, item.Hash, default);
            Assert.NotNull(open.OpenItem(item, bytes).Content);
        }

        Assert.Equal(2, passed.State.Authorities.Count);
    }

    [Fact]
    public async Task A_young_device_undoes_nothing()
    {
        await using var world = await PointWorld.OpenAsync();
        var thief = await world.AddThiefAsync();
        var undo = Undone(world, thief.Device, 0, bringsBase: true);
        var refused = await world.RefusedAsync(thief.Device, undo);
        Assert.Equal((ErrorCode.YoungAuthority, "link.epoch"), (refused.Code, refused.Field));
        await thief.WriteAsync(world.Diary);
    }

    [Fact]
    public async Task The_code_of_an_account_with_young_devices_alone_begins_an_epoch_for_no_other_purpose()
    {
        await using var world = await PointWorld.OpenAsync();
        await world.AddThiefAsync();
        await world.CommitAsync(world.Code, Mend);
        await world.CommitAsync(world.Phone, new AccountChange { Put = [(world.Diary, [3])] });
        await world.SoundAsync();
    }

    [Fact]
    public async Task No_cap_of_a_day_refuses_an_undo()
    {
        await using var world = await PointWorld.OpenAsync();
        for (var link = 1; link < Limits.LinksPerDay; link++) await world.CommitAsync(world.Phone, Mend);
        var mend = world.Account.Commit(world.Phone, Mend);
        world.Account.Forget();
        Assert.Equal(ErrorCode.LimitReached, (await world.RefusedAsync(world.Phone, mend)).Code);
        var undo = Undone(world, world.Phone, 0, bringsBase: true);
        Assert.IsType<Outcome<Heads>.Done>(await world.Server.CommitAsync(world.Account, world.Phone, undo));
    }

    private static CommitBundle Undone(
        PointWorld world, TestAuthority by, int to, bool bringsBase, AccountChange? change = null)
    {
        var undo = world.Account.Undo(by, to, change ?? new AccountChange(), bringsBase);
        world.Account.Forget();
        return undo;
    }

    private static CommitBundle Undone(PointWorld world, TestAuthority by, SignedManifest to)
    {
        using var open = world.Account.Open(by);
        using var link = ChainLinkDraft.NextEpoch(
            open.Vault, open.Keys.Current, new ChainLinkChange([], []), by.Id, 0, world.Random);
        var undo = ManifestDraft.Undo(
            open.Vault, open.Private, new OpenManifest(to, null), link,
            new UndoChange { Return = [.. to.Manifest.Items.Select(i => new ItemNote(i.Id, $"{i.Id}", 0, 0))] }, by.Id,
            by.Signing, world.Random);
        return new CommitBundle(
            link.Sign(by.Signing, new Dictionary<AuthorityId, byte[]>()), link.Keyset, undo, []) { Base = to };
    }

    private static async Task RefusedAsync(
        PointWorld world, CommitBundle commit, string field, ProtocolFault rule)
    {
        var refused = await world.RefusedAsync(world.Phone, commit);
        Assert.Equal((ErrorCode.Refused, field, rule), (refused.Code, refused.Field, refused.Rule));
    }
}
