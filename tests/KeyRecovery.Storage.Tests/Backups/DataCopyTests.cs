using System.Text;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Sqlite.Backups;
using KeyRecovery.Storage.Sqlite.Options;
using KeyRecovery.Storage.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Storage.Tests.Backups;

/// <summary>A copy of a living data store: of one moment, private, and without what was deleted before.</summary>
public sealed class DataCopyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("keyrecovery-copy-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_is_of_one_moment_while_writers_go_on_and_has_no_free_page()
    {
        var copy = Path.Combine(_folder, "copy.db");
        await using var pair = await OpenAsync("data/data.db");
        var deleted = Encoding.ASCII.GetBytes("this row was deleted before the copy was made");
        await WriteAsync(pair, new RowWrite.Create(Key("gone"), deleted));
        for (var i = 0; i < 200; i++)
            await WriteAsync(pair, new RowWrite.Create(Key($"before {i}"), SystemRandom.Bytes(9_000)));
        await WriteAsync(pair, new RowWrite.Remove(Key("gone")));

        // Two rows that always change together.
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
                await WriteAsync(pair, new RowWrite.Remove(Key("one")),
                    new RowWrite.Create(Key("one"), BitConverter.GetBytes(i)), new RowWrite.Remove(Key("two")),
                    new RowWrite.Create(Key("two"), BitConverter.GetBytes(i)));
        });
        while (await pair.Data.ReadAsync(Key("two"), default) is null) await Task.Delay(1);
        for (var i = 0; i < 5; i++)
        {
            File.Delete(copy);
            await pair.Data.CopyToAsync(copy, default);
        }

        await stop.CancelAsync();
        await writing;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(copy));
        Assert.Equal(pair.PairId.ToArray(), StoreFiles.PairIdOf(copy, JournalProfile.Data).ToArray());
        Assert.False((await File.ReadAllBytesAsync(copy)).AsSpan().IndexOf(deleted) >= 0);
        await pair.DisposeAsync();

        File.Move(copy, Path.Combine(_folder, "data", "data.db"), overwrite: true);
        await using var restored = await OpenAsync("data/data.db");
        var (one, two) = (await restored.Data.ReadAsync(Key("one"), default),
            await restored.Data.ReadAsync(Key("two"), default));
        Assert.Equal(one!.Value.ToArray(), two!.Value.ToArray());
        Assert.NotNull(await restored.Data.ReadAsync(Key("before 199"), default));
        Assert.True((await restored.CheckAsync()).IsSound);
    }

    [Fact]
    public async Task One_that_cannot_be_written_is_told_and_hurts_nobody()
    {
        await using var pair = await OpenAsync("data/data.db");
        await WriteAsync(pair, new RowWrite.Create(Key("row"), new byte[10]));
        var taken = Path.Combine(_folder, "taken.db");
        await File.WriteAllTextAsync(taken, "somebody else's file");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => pair.Data.CopyToAsync(taken, default));
        Assert.Equal("somebody else's file", await File.ReadAllTextAsync(taken));
        Assert.NotNull(await pair.Data.ReadAsync(Key("row"), default));
    }

    private Task<SqliteStorePair> OpenAsync(string data) => SqliteStorePair.OpenAsync(
        Path.Combine(_folder, data), Path.Combine(_folder, "keys", "keys.db"), SystemRandom.Instance,
        new ServerClock(TimeProvider.System), NullLoggerFactory.Instance);

    private static RowKey Key(string name) => new(Table.Items, Encoding.ASCII.GetBytes(name));

    private static async Task WriteAsync(SqliteStorePair pair, params RowWrite[] writes) =>
        Assert.IsType<WriteResult.Written>(await pair.Data.WriteAsync(writes, default));
}
