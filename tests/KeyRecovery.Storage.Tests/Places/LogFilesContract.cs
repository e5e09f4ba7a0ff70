using System.Text;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Azure.Log;
using KeyRecovery.Storage.Files.Log;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Places;

/// <summary>What a place of the log promises to one instance, and to two of them.</summary>
public sealed class LogFilesContract(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IDisposable
{
    private readonly StoreFolder _folder = new();
    private string? _container;

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(PlacesHere.All), MemberType = typeof(PlacesHere))]
    public async Task What_is_put_is_read_by_another_instance_and_what_is_there_stays(Place place)
    {
        var (one, two) = (await OpenAsync(place), await OpenAsync(place));
        Assert.Null(await one.GetAsync("tile/0/000", default));
        Assert.Null(await one.PutAsync([File("tile/0/000", "a"), File("tile/entries/000.p/3", "b")], default));
        Assert.Equal("a", await TextAsync(two, "tile/0/000"));
        Assert.Null(await two.PutAsync([File("tile/0/000", "a")], default));
        Assert.Equal("tile/0/000", await two.PutAsync([File("tile/0/000", "other"), File("tile/1/000", "c")], default));
        Assert.Equal("a", await TextAsync(one, "tile/0/000"));
        Assert.Equal("c", await TextAsync(one, "tile/1/000"));
    }

    [Theory, MemberData(nameof(PlacesHere.All), MemberType = typeof(PlacesHere))]
    public async Task Of_two_that_put_other_bytes_at_once_one_is_told(Place place)
    {
        ILogFiles[] instances = [await OpenAsync(place), await OpenAsync(place)];
        for (var round = 0; round < 20; round++)
        {
            var name = $"tile/0/{round:000}";
            var told = await Task.WhenAll(instances.Select((files, i) => Task.Run(async () =>
                await files.PutAsync([File(name, $"{i}")], default))));
            Assert.Equal(name, Assert.Single(told, other => other is not null));
            Assert.Equal(told[0] is null ? "0" : "1", await TextAsync(instances[0], name));
        }
    }

    [Theory, MemberData(nameof(PlacesHere.All), MemberType = typeof(PlacesHere))]
    public async Task The_parts_of_a_tile_go_and_nothing_else(Place place)
    {
        var (one, two) = (await OpenAsync(place), await OpenAsync(place));
        string[] stay = ["tile/0/000", "tile/0/000x", "tile/0/001.p/7"];
        await one.PutAsync([.. stay.Append("tile/0/000.p/1").Append("tile/0/000.p/255").Select(n => File(n, n))],
            default);
        await Task.WhenAll(one.DropPartsAsync("tile/0/000", default).AsTask(),
            two.DropPartsAsync("tile/0/000", default).AsTask());
        await two.DropPartsAsync("tile/0/002", default);
        Assert.Null(await one.GetAsync("tile/0/000.p/1", default));
        Assert.Null(await two.GetAsync("tile/0/000.p/255", default));
        foreach (var name in stay) Assert.Equal(name, await TextAsync(one, name));
    }

    [Theory, MemberData(nameof(PlacesHere.All), MemberType = typeof(PlacesHere))]
    public async Task A_published_checkpoint_never_goes_back_however_many_publish(Place place)
    {
        const int notes = 40;
        ILogFiles[] instances = [await OpenAsync(place), await OpenAsync(place), await OpenAsync(place)];
        var next = 0;
        using var ended = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            for (var last = -1; !ended.IsCancellationRequested;)
            {
                var now = NumberOf(await instances[0].CheckpointAsync(default));
                Assert.True(now >= last, $"{now} after {last}");
                last = now;
            }
        });
        var published = await Task.WhenAll(instances.Select(files => Task.Run(async () =>
        {
            var mine = 0;
            while (Interlocked.Increment(ref next) is var number && number <= notes)
                if (await files.PublishAsync(Note(number), before => NumberOf(before) < number, default)) mine++;
            return mine;
        })));
        await ended.CancelAsync();
        await reading;
        Assert.InRange(published.Sum(), 1, notes);
        Assert.Equal(notes, NumberOf(await instances[1].CheckpointAsync(default)));
        Assert.False(await instances[2].PublishAsync(Note(7), before => NumberOf(before) < 7, default));
        Assert.Null(await instances[2].SignedAsync(default));
        Assert.True(await instances[2].KeepSignedAsync(Note(9), before => before is null, default));
        Assert.Equal(9, NumberOf(await instances[0].SignedAsync(default)));
    }

    [Theory, MemberData(nameof(PlacesHere.All), MemberType = typeof(PlacesHere))]
    public async Task A_log_that_is_retired_is_kept_and_the_next_begins_with_nothing(Place place)
    {
        var files = await OpenAsync(place);
        await files.RetireAsync(default);
        for (var log = 0; log < 3; log++)
        {
            Assert.Null(await files.GetAsync("tile/0/000", default));
            Assert.Null(await files.CheckpointAsync(default));
            Assert.Null(await files.PutAsync([File("tile/0/000", $"of log {log}")], default));
            Assert.True(await files.PublishAsync(Note(log), before => before is null, default));
            var another = await OpenAsync(place);
            Assert.Equal($"of log {log}", await TextAsync(another, "tile/0/000"));
            await files.RetireAsync(default);
            // It looks again when it writes, which each of its passes does.
            Assert.True(await another.PublishAsync(Note(100), before => before is null, default));
            Assert.Null(await another.GetAsync("tile/0/000", default));
            await files.RetireAsync(default);
        }
    }

    [Theory, MemberData(nameof(PlacesHere.All), MemberType = typeof(PlacesHere))]
    public async Task A_file_that_is_too_long_is_seen_to_be_so(Place place)
    {
        var files = await OpenAsync(place);
        await files.PutAsync([new LogFile("tile/0/000", new byte[3 * LogReader.MaxFile])], default);
        Assert.InRange((await files.GetAsync("tile/0/000", default))!.Length, LogReader.MaxFile + 1, int.MaxValue);
        await files.PutAsync([new LogFile("tile/0/001", default)], default);
        Assert.Empty((await files.GetAsync("tile/0/001", default))!);
    }

    [Theory, MemberData(nameof(PlacesHere.All), MemberType = typeof(PlacesHere))]
    public async Task A_place_that_is_not_there_is_not_an_empty_one(Place place)
    {
        ILogFiles files;
        if (place == Place.Blobs)
        {
            files = new BlobLogFiles(azurite.Open("not-there"));
            await Assert.ThrowsAsync<StoreUnavailableException>(async () => await files.CheckpointAsync(default));
        }
        else
        {
            // Which a folder that was never written to may well be; but where a file is in its place, it is not.
            await System.IO.File.WriteAllTextAsync(Path.Combine(_folder.Root, "log"), "");
            files = await OpenAsync(place);
        }

        await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
            await files.PutAsync([File("tile/0/000", "a")], default));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
            await files.PublishAsync(Note(1), _ => true, default));
    }

    private async Task<ILogFiles> OpenAsync(Place place) => place == Place.Folder
        ? new LogFolder(Path.Combine(_folder.Root, "log"))
        : new BlobLogFiles(azurite.Open(_container ??= await azurite.NewContainerAsync()));

    private static LogFile File(string name, string content) => new(name, Encoding.UTF8.GetBytes(content));

    private static async Task<string> TextAsync(ILogFiles files, string name) =>
        Encoding.UTF8.GetString((await files.GetAsync(name, default))!);

    private static byte[] Note(int number) => Encoding.ASCII.GetBytes($"{number}");

    private static int NumberOf(byte[]? note) =>
        note is null ? -1 : int.Parse(note, System.Globalization.CultureInfo.InvariantCulture);
}
