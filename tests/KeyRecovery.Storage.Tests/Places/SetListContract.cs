using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Azure.Fence;
using KeyRecovery.Storage.Files.Fence;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Storage.Tests.Places;

/// <summary>What a list of backup sets promises to one instance, and to several of them.</summary>
public sealed class SetListContract(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IDisposable
{
    private static readonly DateTimeOffset Later = DateTimeOffset.UtcNow.AddDays(30);

    private readonly StoreFolder _folder = new();
    private string? _container;

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(PlacesHere.All), MemberType = typeof(PlacesHere))]
    public async Task A_set_that_one_instance_lists_holds_the_KEK_for_all_at_once(Place place)
    {
        var (one, two) = (await OpenAsync(place), await OpenAsync(place));
        Assert.True(await two.IsEmptyAsync(default));
        Assert.Null(await two.LastHoldingAsync(new KekId(2), default));
        var set = BackupSetId.Draw(SystemRandom.Instance);
        await one.AddAsync(set, new KekId(2), Later, default);
        await one.AddAsync(set, new KekId(2), Later, default);
        Assert.Null(await two.LastHoldingAsync(new KekId(1), default));
        Assert.Equal(Later.ToUnixTimeSeconds(), (await two.LastHoldingAsync(new KekId(2), default))!.Value
            .ToUnixTimeSeconds());
        Assert.True(await two.KnowsAsync(set, default));
        Assert.False(await two.KnowsAsync(BackupSetId.Draw(SystemRandom.Instance), default));
    }

    [Theory, MemberData(nameof(PlacesHere.All), MemberType = typeof(PlacesHere))]
    public async Task Four_instances_that_list_at_once_lose_nothing(Place place)
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var (list, mine) = (await OpenAsync(place), new List<BackupSetId>());
            for (var i = 0; i < 8; i++)
            {
                mine.Add(BackupSetId.Draw(SystemRandom.Instance));
                await list.AddAsync(mine[^1], new KekId(1), Later, default);
            }

            return mine;
        })));
        var after = await OpenAsync(place);
        foreach (var set in all.SelectMany(mine => mine)) Assert.True(await after.KnowsAsync(set, default));
    }

    [NeedsFact(Need.Azurite)]
    public async Task A_blob_that_is_no_line_of_the_list_is_not_skipped()
    {
        var blobs = azurite.Open(await azurite.NewContainerAsync());
        await blobs.PutNewAsync("backup-sets/who-knows/1/2", ReadOnlyMemory<byte>.Empty, default);
        var list = new BackupSetList(new BlobSetList(blobs), null, TimeProvider.System);
        await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await list.LastHoldingAsync(new KekId(1), default));
    }

    private async Task<BackupSetList> OpenAsync(Place place)
    {
        if (place == Place.Folder)
            return new BackupSetList(
                new SetListFile(Path.Combine(_folder.Root, "fence")), null, TimeProvider.System);
        lock (_folder) _container ??= azurite.NewContainerAsync().GetAwaiter().GetResult();
        await Task.Yield();
        return new BackupSetList(new BlobSetList(azurite.Open(_container)), null, TimeProvider.System);
    }
}
