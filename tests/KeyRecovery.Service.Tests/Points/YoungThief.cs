using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Points;

/// <summary>
/// F02: a device that was linked a minute ago, with correct cryptography. Its manifests hold a sealed part that nobody
/// opens.
/// </summary>
internal sealed class YoungThief
{
    private readonly PointWorld _world;
    private readonly EpochKey _key;

    public YoungThief(PointWorld world, TestAuthority device)
    {
        (_world, Device) = (world, device);
        _key = world.Account.Open(device).Keys.Current;
    }

    public TestAuthority Device { get; }

    /// <summary>Commits, and is taken.</summary>
    public async Task WriteAsync(IEnumerable<(ItemId Id, byte[] Content)> put, params ImmutableArray<ItemId> delete) =>
        await _world.TakenAsync(Device, await StageAsync(Draft(put, delete)));

    /// <summary>The commit without its items, which are stored ahead where they are too large for it.</summary>
    public async Task<CommitBundle> StageAsync(CommitBundle commit)
    {
        if (commit.Items.All(i => i.Length <= SealedItem.MaxSizeOf(Limits.InlineItemBytes))) return commit;
        using var open = await _world.Server.PassAsync(_world.Account, Device);
        foreach (var item in commit.Items)
            Assert.IsType<Outcome<Hash256>.Done>(await _world.Server.Service.Staging.PutAsync(
                open, Hash256.Of(item.Span), item, default));
        return commit with { Items = [] };
    }

    /// <summary>Writes one item, and is taken.</summary>
    public Task WriteAsync(ItemId item) => WriteAsync([(item, _world.Random.Bytes(20))]);

    /// <summary>The next commit, which the account takes.</summary>
    public CommitBundle Draft(IEnumerable<(ItemId Id, byte[] Content)> put, params ImmutableArray<ItemId> delete)
    {
        var account = _world.Account;
        var (before, head) = (account.Now.Manifest, account.Now.Links[^1]);
        var entries = before.Manifest.Items.Where(i => !delete.Contains(i.Id)).ToDictionary(i => i.Id);
        var items = new List<byte[]>();
        foreach (var (id, content) in put)
        {
            var old = before.Manifest.Find(id);
            var header = new ItemHeader(
                account.Now.Account, id, ManifestItem.NextVersion(old), _key.Epoch, ManifestItem.PreviousOf(old));
            var item = SealedItem.Seal(_key, header, "mine now", content, _world.Random);
            entries[id] = new ManifestItem(id, header.Version, header.Epoch, item.Length, Hash256.Of(item));
            items.Add(item);
        }

        var manifest = before.Manifest with
        {
            Version = before.Manifest.Version + 1, Previous = before.Hash, Trail = before.NextTrail, Base = null,
            ChainHead = new ChainPlace(head.Link.Sequence, head.Hash), Items = [.. entries.Values.OrderBy(e => e.Id)],
            Private = _world.Random.Bytes(296), Signer = Device.Id,
        };
        var commit = new CommitBundle(
            null, null, SignedManifest.Sign(manifest, Device.Signing),
            [.. items.Select(i => (ReadOnlyMemory<byte>)i)]);
        account.Take(commit, items);
        return commit;
    }
}
