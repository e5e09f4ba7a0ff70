using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.UseCases;
using KeyRecovery.Testing;
using AccountChange = KeyRecovery.Testing.AccountChange;

namespace KeyRecovery.Service.Tests.Restores;

/// <summary>
/// F05, F06 by a home that works with a trusted device: it signs a head of whatever the device makes, so its own rules
/// take that for its own. What is left is what the owner's devices know.
/// </summary>
[Trait("Store", "Files")]
public sealed class HomeWithDeviceTests
{
    [Fact]
    public async Task F05_links_that_the_home_pins_for_the_device_keep_nobody_from_removing_it()
    {
        await using var world = await RestoreWorld.OpenAsync();
        await world.SaveAsync("set");
        await world.PutAsync(world.Phone, [2]);
        var known = Known(await ReadAsync(world, world.Phone));
        await world.RestoreAsync(data: "set");
        for (var i = 0; i < Limits.LinksPerDay + 6; i++)
            world.Account.Commit(world.Tablet, new AccountChange { Mend = true });
        var long70 = world.Account.Now;
        // The control: without the home's signature it is no repair.
        await world.RefusedAsync(world.Tablet, world.Bundle(long70), "links", ProtocolFault.Fork);
        var head = await HeadAsync(world, long70.Manifest);
        await world.RepairedAsync(world.Tablet, world.Bundle(long70) with { Head = head });

        // Each link follows on what was known, by somebody trusted: the phone takes them, and removes who made them.
        var vault = Known(await ReadAsync(world, world.Phone, known));
        Assert.Equal(long70.Links.Length, vault.Links.Length);
        await world.CommitAsync(world.Phone, new AccountChange { Remove = [world.Tablet] });
        await world.HasAsync(world.Account.Now, world.Phone, world.Code);
    }

    [Fact]
    public async Task F06_a_manifest_without_items_that_the_home_signs_for_the_device_is_not_taken_by_who_knew_more()
    {
        await using var world = await RestoreWorld.OpenAsync();
        await world.PutAsync(world.Phone, [2]);
        var known = Known(await ReadAsync(world, world.Phone));
        var (manifest, head) = await EmptyAsync(world);
        var told = known.ToBundle() with
        {
            Manifest = manifest.Bytes, Head = head.Bytes, Hashes = [known.Manifest.Hash],
        };
        var refused = Assert.IsType<VaultVerdict.Refused>(Verify(world, told, world.Phone, known));
        Assert.Equal(ProtocolFault.ForkedManifest, refused.Fault);
    }

    [Fact]
    public async Task F06_after_a_restore_it_is_a_conflict_and_undone_by_one_commit_from_what_the_phone_kept()
    {
        await using var world = await RestoreWorld.OpenAsync();
        await world.SaveAsync("set");
        await world.PutAsync(world.Phone, [2]);
        var known = Known(await ReadAsync(world, world.Phone));
        using var kept = known.Open(world.Phone.Id, world.Phone.Kem).Vault!;
        await world.RestoreAsync(data: "set");
        var (manifest, head) = await EmptyAsync(world);
        await TakenAsync(world, world.Tablet, world.Bundle(world.Account.Now, hashes: 0) with
        {
            Manifest = manifest, Head = head, Between = [], Trail = manifest.Manifest.Trail,
        });

        var ok = Assert.IsType<VaultVerdict.Ok>(await ReadAsync(world, world.Phone, known));
        Assert.Same(known, Assert.IsType<RestoreConflict>(ok.Conflict).Known);
        using var keys = ok.Vault.OpenKeys(world.Phone.Id, world.Phone.Kem).Keys!;
        using var link = ChainLinkDraft.NextEpoch(
            ok.Vault, keys.Current, new ChainLinkChange([], [world.Tablet.Id], true), world.Phone.Id, 0, world.Random);
        var undo = ManifestDraft.Undo(
            ok.Vault, null, new OpenManifest(known.Manifest, kept.Private), link,
            new UndoChange { Return = kept.Private.Items }, world.Phone.Id, world.Phone.Signing, world.Random);
        var commit = new CommitBundle(
            link.Sign(world.Phone.Signing, new Dictionary<AuthorityId, byte[]>()), link.Keyset, undo, [])
        {
            Base = known.Manifest,
        };
        using (var open = await world.Server.PassAsync(world.Account, world.Phone))
            foreach (var item in known.Manifest.Manifest.Items)
                Assert.IsType<Outcome<Hash256>.Done>(await world.Server.Service.Staging.PutAsync(
                    open, item.Hash, world.Account.Items[item.Hash], default));
        Assert.IsType<Outcome<Heads>.Done>(await world.Server.CommitAsync(world.Account, world.Phone, commit));
        var back = Known(await ReadAsync(world, world.Code));
        Assert.Equal<ManifestItem>(known.Manifest.Manifest.Items, back.Manifest.Manifest.Items);
        Assert.DoesNotContain(world.Tablet.Id, back.Chain.Current.Active.Keys);
        await world.SoundAsync();
    }

    // Five versions above the account's, and empty; the home signs that it is the newest.
    private static async Task<(SignedManifest Manifest, SignedHead Head)> EmptyAsync(RestoreWorld world)
    {
        var now = world.Account.Now.Manifest.Manifest;
        var manifest = SignedManifest.Sign(
            now with { Version = now.Version + 5, Items = [], Signer = world.Tablet.Id }, world.Tablet.Signing);
        return (manifest, await HeadAsync(world, manifest));
    }

    private static async Task<SignedHead> HeadAsync(RestoreWorld world, SignedManifest manifest)
    {
        using var secrets = await ServerSecrets.LoadOrCreateAsync(
            world.Server.Keys, world.Server.Root, world.Random, default);
        using var key = secrets.AuditKey();
        var time = (ulong)world.Server.Time.GetUtcNow().ToUnixTimeSeconds();
        return SignedHead.Sign(AccountHead.Of(manifest.Manifest.ChainHead, manifest, time), key);
    }

    private static async Task TakenAsync(RestoreWorld world, TestAuthority by, RepairBundle bundle)
    {
        var outcome = await world.RepairAsync(by, bundle);
        Assert.True(outcome is Outcome<RepairResult>.Done, $"{outcome}");
    }

    private static VerifiedVault Known(VaultVerdict verdict) => Assert.IsType<VaultVerdict.Ok>(verdict).Vault;

    private static async Task<VaultVerdict> ReadAsync(
        RestoreWorld world, TestAuthority reader, VerifiedVault? known = null) =>
        Verify(world, await world.TellAsync(reader, known?.Manifest.Manifest.Version ?? 1), reader, known);

    private static VaultVerdict Verify(
        RestoreWorld world, VaultBundle told, TestAuthority reader, VerifiedVault? known) => VerifiedVault.Verify(
        world.Account.AppId, told, reader.Identity, known, [world.Server.Service.Erasures.AuditKey]);
}
