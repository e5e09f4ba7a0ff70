using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Tests.Model;

/// <summary>What must be there once the owner is back.</summary>
internal sealed class Promises(ModelWorld world)
{
    /// <summary>The culprits are out; what there is opens, and what is promised of honest writers is there.</summary>
    public async Task KeptAsync(Member owner, int versions)
    {
        Assert.DoesNotContain(world.Culprits, world.IsActive);
        var vault = (await world.ReadAsync(owner))!;
        using var opened = vault.Open(owner.Id, owner.Keys.Kem).Vault!;
        using var open = await world.Home.Server.PassAsync(world.Home.Account, owner.Keys);
        var service = world.Home.Server.Service;
        foreach (var item in vault.Manifest.Manifest.Items)
            Assert.NotNull(opened.OpenItem(item, await service.Vaults.FindItemAsync(open, item.Hash, default)).Content);

        var told = vault.Manifest.Manifest.Items.Select(i => i.Hash).ToHashSet();
        foreach (var id in world.Taken.Values.SelectMany(t => t.Items.Keys).Distinct())
            told.UnionWith((await service.Vaults.ReadVersionsAsync(open, id, default)).Select(v => v.Entry.Hash));
        foreach (var listed in await service.RestorePoints.ListAsync(open, default))
        {
            var point = RestorePoint.Decode((await service.RestorePoints.FindAsync(
                open, listed.Point.Manifest.Hash, default))!);
            told.UnionWith(point.Manifest.Manifest.Items.Concat(point.Named).Select(i => i.Hash));
        }

        var honest = world.Members.Where(m => m.IsHonest).Select(m => m.Id).ToHashSet();
        foreach (var hash in world.Row!.Promised(world.Now, versions))
        {
            if (!honest.Contains(world.Writers[hash].By)) continue;
            Assert.True(told.Contains(hash), "a version is promised, and nobody tells of it");
            Assert.Equal(world.Bytes[hash], await service.Vaults.FindItemAsync(open, hash, default));
            world.Tally.Count("version kept");
        }
    }
}
