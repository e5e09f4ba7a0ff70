using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Testing;
using AccountChange = KeyRecovery.Testing.AccountChange;

namespace KeyRecovery.Service.Tests.Restores;

/// <summary>
/// F03, F05, F06: what a repair may bring, on a healthy account and on a restored one of which a trusted device went
/// bad.
/// </summary>
[Trait("Store", "Files")]
public sealed class RepairRuleTests
{
    [Fact]
    public async Task F03_F05_F06_of_an_account_that_is_as_it_was_nothing_is_repaired()
    {
        await using var world = await RestoreWorld.OpenAsync();
        var now = world.Account.Now;
        foreach (var wrong in new[] { Jumps(world, now), Empties(world, now), Longer(world, now, 40) })
            await world.RefusedAsync(world.Phone, wrong, "links", ProtocolFault.NotBehind);
        await world.HasAsync(now, world.Phone, world.Tablet, world.Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F03_F05_F06_nor_of_a_restored_one_by_a_trusted_device_that_went_bad(bool withKeys)
    {
        await using var world = await RestoreWorld.OpenAsync();
        await world.PutAsync(world.Phone, [2]);
        await world.SaveAsync("set");
        await world.PutAsync(world.Phone, [3]);
        var now = world.Account.Now;
        await world.RestoreAsync(data: "set", keys: withKeys ? "set" : null);

        await world.RefusedAsync(world.Tablet, Jumps(world, now), "manifest", ProtocolFault.RolledBackManifest);
        await world.RefusedAsync(world.Tablet, Empties(world, now), "manifest", ProtocolFault.RolledBackManifest);
        var many = await world.RefusedAsync(world.Tablet, Longer(world, now, 70));
        if (withKeys) Assert.Equal((ErrorCode.LimitReached, "links"), (many.Code, many.Field));
        else Assert.Equal(("links", ProtocolFault.Fork), (many.Field, many.Rule));
        // Nothing of it changed anything: the owner mends.
        await world.RepairedAsync(world.Phone, world.Bundle(now));
        await world.HasAsync(now, world.Phone, world.Tablet, world.Code);
    }

    [Fact]
    public async Task What_follows_on_the_servers_manifest_keeps_a_commits_rules()
    {
        await using var world = await RestoreWorld.OpenAsync();
        await world.SaveAsync("set");
        await world.RestoreAsync(data: "set");
        var set = world.Account.Now;
        var next = world.Account.Commit(world.Tablet, new AccountChange { Put = [(world.Diary, [9])] });
        var state = world.Account.Now;
        // The bytes are not there: a commit would bring them.
        await world.RefusedAsync(world.Tablet, world.Bundle(state), "items", ProtocolFault.ItemHash);
        foreach (var (wrong, rule) in new[]
        {
            (next.Manifest.Manifest with { Version = 4 }, ProtocolFault.RolledBackManifest),
            (next.Manifest.Manifest with { Items = [next.Manifest.Manifest.Items[0] with { Version = 7 }] },
                ProtocolFault.ManifestItems),
        })
        {
            var signed = SignedManifest.Sign(wrong, world.Tablet.Signing);
            await world.RefusedAsync(
                world.Tablet,
                world.Bundle(state) with { Manifest = signed }, "manifest",
                wrong.Version == 4 ? ProtocolFault.ForkedManifest : rule);
        }

        // A slot changes no item, and a device does not sign for another.
        var byCode = SignedManifest.Sign(
            next.Manifest.Manifest with { Signer = world.Code.Id }, world.Code.Signing);
        Assert.Equal(
            ErrorCode.Forbidden, (await world.RefusedAsync(
                world.Code, world.Bundle(state) with { Manifest = byCode })).Code);
        Assert.Equal(
            ErrorCode.Forbidden, (await world.RefusedAsync(world.Phone, world.Bundle(state))).Code);
        // The control: staged first, it is a commit by another name, and with its author.
        using (var open = await world.Server.PassAsync(world.Account, world.Tablet))
        {
            var item = state.Manifest.Manifest.Items[0].Hash;
            Assert.IsType<Outcome<Hash256>.Done>(
                await world.Server.Service.Staging.PutAsync(open, item, world.Account.Items[item], default));
        }

        await world.RepairedAsync(world.Tablet, world.Bundle(state));
        await world.HasAsync(state, world.Phone, world.Tablet, world.Code);
        using var read = await world.Server.PassAsync(world.Account, world.Phone);
        var written = await world.Server.Service.Vaults.ReadWrittenAsync(read, default);
        Assert.Equal(world.Tablet.Id, written!.Single().Writer.Id);
        Assert.Single(await world.Server.Service.Vaults.ReadVersionsAsync(read, world.Diary, default));
        Assert.NotEqual(set.Manifest.Hash, state.Manifest.Hash);
    }

    [Fact]
    public async Task An_old_state_of_the_homes_does_not_come_back_over_a_newer_one_nor_over_a_commit()
    {
        await using var world = await RestoreWorld.OpenAsync();
        var set = world.Account.Now;
        await world.SaveAsync("set");
        await world.PutAsync(world.Phone, [2]);
        var older = world.Account.Now;
        await world.PutAsync(world.Phone, [3]);
        var now = world.Account.Now;
        await world.RestoreAsync(data: "set");
        await world.RepairedAsync(world.Phone, world.Bundle(now));
        await world.RefusedAsync(world.Tablet, world.Bundle(older), "manifest", ProtocolFault.RolledBackManifest);
        await world.HasAsync(now, world.Phone);

        await world.RestoreAsync(data: "set");
        world.Rewind(set);
        await world.PutAsync(world.Phone, [4]);
        await world.PutAsync(world.Phone, [5]);
        var since = world.Account.Now;
        // What the home signed before: above the account's version or not, a commit has come since.
        await world.RefusedAsync(world.Tablet, world.Bundle(now), "manifest", ProtocolFault.RolledBackManifest);
        await world.HasAsync(since, world.Phone, world.Tablet, world.Code);
    }

    [Fact]
    public async Task A_link_of_somebody_trusted_ends_what_a_restore_allows()
    {
        await using var world = await RestoreWorld.OpenAsync();
        var set = world.Account.Now;
        await world.SaveAsync("set");
        await world.PutAsync(world.Phone, [2]);
        var lost = world.Account.Now;
        await world.RestoreAsync(data: "set");
        world.Rewind(set);
        await world.CommitAsync(world.Phone, new AccountChange { Mend = true });
        await world.RefusedAsync(world.Tablet, world.Bundle(lost), "links", ProtocolFault.NotBehind);
        await world.HasAsync(world.Account.Now, world.Phone, world.Tablet, world.Code);
    }

    [Fact]
    public async Task Whom_the_server_knows_as_young_mends_nothing_and_whom_it_does_not_know_waits()
    {
        await using var world = await RestoreWorld.OpenAsync();
        using var young = TestAuthority.Device(world.Random);
        using var late = TestAuthority.Device(world.Random);
        await world.CommitAsync(world.Phone, new AccountChange { Add = [young] });
        await world.SaveAsync("set");
        await world.PutAsync(world.Phone, [2]);
        await world.CommitAsync(world.Phone, new AccountChange { Add = [late] });
        var now = world.Account.Now;
        await world.RestoreAsync(data: "set");
        Assert.Equal(ErrorCode.YoungAuthority, (await world.RefusedAsync(young, world.Bundle(now))).Code);
        // Without the home's word for it, it may have made itself up.
        Assert.Equal(
            ErrorCode.YoungAuthority, (await world.RefusedAsync(late, world.Bundle(now, withHead: false))).Code);
        await world.RepairedAsync(late, world.Bundle(now));
        await world.HasAsync(now, world.Phone, young, late);
    }

    [Fact]
    public async Task The_way_back_takes_nothing_but_what_it_is_for()
    {
        await using var world = await RestoreWorld.OpenAsync();
        var set = world.Account.Now;
        await world.SaveAsync("set");
        using var laptop = TestAuthority.Device(world.Random);
        await world.CommitAsync(world.Phone, new AccountChange { Add = [laptop], Remove = [world.Tablet] });
        await world.RestoreAsync(data: "set");
        await world.TellAsync(world.Phone);
        await world.WaitAsync(TimeSpan.FromHours(73));
        world.Rewind(set);
        using var helper = TestAuthority.Device(world.Random);
        using var another = TestAuthority.Device(world.Random);
        using var kit = TestAuthority.Code(world.Random);
        // Who was not active at the newest link; who removes too few, or more; who adds two, or a slot; a code alone.
        (TestAuthority By, AccountChange Change, ErrorCode Code)[] wrong =
        [
            (world.Tablet, new AccountChange { Mend = true }, ErrorCode.Forbidden),
            (world.Phone, new AccountChange { Mend = true }, ErrorCode.Refused),
            (world.Phone, new AccountChange { Remove = [world.Tablet, world.Code] }, ErrorCode.Refused),
            (world.Phone, new AccountChange { Remove = [world.Tablet], Add = [helper, another] }, ErrorCode.Refused),
            (world.Phone, new AccountChange { Remove = [world.Tablet], Add = [kit] }, ErrorCode.Refused),
            (world.Code, new AccountChange { Remove = [world.Tablet] }, ErrorCode.Refused),
            (world.Phone, new AccountChange { Add = [helper] }, ErrorCode.Refused),
        ];
        foreach (var (by, change, code) in wrong)
        {
            world.Account.Commit(by, change);
            Assert.Equal(code, (await world.RefusedAsync(by, world.Bundle(world.Account.Now))).Code);
            world.Account.Forget();
        }

        // Nor by a chain that nobody has signed for.
        world.Account.Commit(world.Phone, new AccountChange { Add = [helper] });
        world.Account.Commit(world.Phone, new AccountChange { Remove = [world.Tablet] });
        await world.RefusedAsync(
            world.Phone, world.Bundle(world.Account.Now), "links", ProtocolFault.RolledBackChain);
        world.Account.Forget();
        world.Account.Forget();
        // The control.
        world.Account.Commit(world.Phone, new AccountChange { Remove = [world.Tablet], Add = [helper] });
        await world.RepairedAsync(world.Phone, world.Bundle(world.Account.Now));
        await world.HasAsync(world.Account.Now, world.Phone, helper, world.Code);
        Assert.Equal(ErrorCode.Revoked, (await world.ShutAsync(world.Tablet)).Code);
    }

    [Fact]
    public async Task Of_two_devices_that_repair_at_once_both_are_told_what_came_of_it_and_the_newer_state_stays()
    {
        await using var world = await RestoreWorld.OpenAsync();
        await world.SaveAsync("set");
        await world.PutAsync(world.Phone, [2]);
        var older = world.Account.Now;
        await world.PutAsync(world.Phone, [3]);
        var now = world.Account.Now;
        for (var round = 0; round < 4; round++)
        {
            await world.RestoreAsync(data: "set");
            var (older1, newer1) = (world.Bundle(older), world.Bundle(now));
            var outcomes = await Task.WhenAll(
                Task.Run(() => world.RepairAsync(world.Tablet, older1, world.Server.Other)),
                Task.Run(() => world.RepairAsync(world.Phone, newer1)));
            Assert.True(outcomes[1] is Outcome<UseCases.RepairResult>.Done, $"{outcomes[1]}");
            if (outcomes[0] is Outcome<UseCases.RepairResult>.Failed(var refused))
                Assert.Equal(ProtocolFault.RolledBackManifest, refused.Rule);
            await world.RepairedAsync(world.Phone, world.Bundle(now));
            await world.HasAsync(now, world.Phone, world.Tablet, world.Code);
        }
    }

    // F03: another version than the next.
    private static RepairBundle Jumps(RestoreWorld world, ServedVault now)
    {
        var manifest = SignedManifest.Sign(
            now.Manifest.Manifest with
            {
                Version = CborOut.MaxInteger, Previous = now.Manifest.Hash, Signer = world.Tablet.Id,
            },
            world.Tablet.Signing);
        return new RepairBundle(now.Links, now.Keysets, manifest)
        {
            Head = world.HeadOf(now), Trail = manifest.Manifest.Trail,
        };
    }

    // F06: a manifest above the account's that has no items.
    private static RepairBundle Empties(RestoreWorld world, ServedVault now)
    {
        var manifest = SignedManifest.Sign(
            now.Manifest.Manifest with
            {
                Version = now.Manifest.Manifest.Version + 5, Items = [], Signer = world.Tablet.Id,
            },
            world.Tablet.Signing);
        return new RepairBundle(now.Links, now.Keysets, manifest)
        {
            Head = world.HeadOf(now), Trail = manifest.Manifest.Trail,
        };
    }

    // F05: many links that the home never saw.
    private static RepairBundle Longer(RestoreWorld world, ServedVault now, int links)
    {
        for (var i = 0; i < links; i++) world.Account.Commit(world.Tablet, new AccountChange { Mend = true });
        var bundle = world.Bundle(world.Account.Now) with { Head = world.HeadOf(now) };
        world.Rewind(now);
        return bundle;
    }
}
