using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Azure.Fence;
using KeyRecovery.Storage.Files.Fence;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Places;

/// <summary>What a list of tombstones promises to one instance, and to several of them.</summary>
public sealed class TombstonesContract(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IDisposable
{
    private readonly StoreFolder _folder = new();
    private string? _container;

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(PlacesHere.All), MemberType = typeof(PlacesHere))]
    public async Task What_is_appended_is_read_by_another_instance(Place place)
    {
        var (one, two) = (await OpenAsync(place), await OpenAsync(place));
        Assert.Empty(await one.ReadAsync(default));
        await one.AppendAsync([], default);
        var (first, second) = (New(1)[0], New(1)[0]);
        await one.AppendAsync([first], default);
        Assert.Equal([first], await two.ReadAsync(default));
        await two.AppendAsync([first], default);
        await two.AppendAsync([second, first], default);
        Assert.Equal(new HashSet<Hash256> { first, second }, (await one.ReadAsync(default)).ToHashSet());
    }

    [Theory, MemberData(nameof(PlacesHere.All), MemberType = typeof(PlacesHere))]
    public async Task Four_instances_that_append_at_once_lose_nothing(Place place)
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(async () =>
        {
            var (list, mine) = (await OpenAsync(place), new List<Hash256>());
            for (var round = 0; round < 10; round++)
            {
                var batch = New(1 + round * i);
                await list.AppendAsync(batch, default);
                mine.AddRange(batch);
            }

            return mine;
        })));
        Assert.Equal(all.SelectMany(mine => mine).ToHashSet(),
            (await (await OpenAsync(place)).ReadAsync(default)).ToHashSet());
    }

    [Theory, MemberData(nameof(PlacesHere.All), MemberType = typeof(PlacesHere))]
    public async Task A_batch_of_ten_thousand_comes_back(Place place)
    {
        var (list, batch) = (await OpenAsync(place), New(10_000));
        await list.AppendAsync(batch, default);
        Assert.Equal(batch.ToHashSet(), (await list.ReadAsync(default)).ToHashSet());
    }

    [Theory, MemberData(nameof(PlacesHere.All), MemberType = typeof(PlacesHere))]
    public async Task A_place_that_is_not_there_is_said_to_be_so(Place place)
    {
        if (place == Place.Blobs) _container = "not-there";
        else await File.WriteAllTextAsync(Path.Combine(_folder.Root, "fence"), "a file where the folder should be");
        var list = await OpenAsync(place);
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await list.AppendAsync(New(1), default));
        if (place == Place.Blobs)
            await Assert.ThrowsAsync<StoreUnavailableException>(async () => await list.ReadAsync(default));
    }

    private async Task<ITombstones> OpenAsync(Place place)
    {
        if (place == Place.Folder) return new TombstoneFile(Path.Combine(_folder.Root, "fence"));
        lock (_folder) _container ??= azurite.NewContainerAsync().GetAwaiter().GetResult();
        await Task.Yield();
        return new BlobTombstones(azurite.Open(_container));
    }

    private static Hash256[] New(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new Hash256(SystemRandom.Bytes(Hash256.Size)))];
}
