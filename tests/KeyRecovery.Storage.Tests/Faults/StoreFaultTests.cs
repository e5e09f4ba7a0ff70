using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Sqlite.Options;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Needs;
using Xunit.Abstractions;

namespace KeyRecovery.Storage.Tests.Faults;

/// <summary>Faults of the disk, made for real, in the middle of the store's life.</summary>
public sealed class StoreFaultTests : IDisposable
{
    private readonly ITestOutputHelper _output;
    private readonly RecordingLoggers _loggers = new();
    private readonly StoreFolder _folder;

    public StoreFaultTests(ITestOutputHelper output)
    {
        _output = output;
        _folder = new StoreFolder { Loggers = _loggers };
    }

    public static TheoryData<JournalProfile> Stores => new(JournalProfile.Data, JournalProfile.Keys);

    public void Dispose()
    {
        foreach (var line in _loggers.Lines) _output.WriteLine(line);
        _folder.Dispose();
        _loggers.Dispose();
    }

    private string FolderOf(JournalProfile store) =>
        store == JournalProfile.Data ? _folder.DataFolder : _folder.KeyFolder;

    private string PathOf(JournalProfile store) => store == JournalProfile.Data ? _folder.DataPath : _folder.KeyPath;

    private static (IRowStore Store, Table Table) Of(SqliteStorePair pair, JournalProfile store) =>
        store == JournalProfile.Data ? (pair.Data, Table.Items) : (pair.Keys, Table.KeyRows);

    private static async Task<WriteResult> WriteAsync(IRowStore store, RowKey key, byte[] value) =>
        await store.WriteAsync([new RowWrite.Create(key, value)], CancellationToken.None);

    private static async Task AllThere(IRowStore store, Dictionary<RowKey, byte[]> acknowledged)
    {
        foreach (var (key, value) in acknowledged)
            Assert.Equal(value, (await store.ReadAsync(key, CancellationToken.None))?.Value.ToArray());
    }

    /// <summary>One line when it begins, however many writes fail, and one when it is over.</summary>
    private void ToldOnce(StoreFault fault)
    {
        Assert.Single(_loggers.Lines, line => line.Contains($"cannot be written ({fault})", StringComparison.Ordinal));
        Assert.Single(_loggers.Lines, line => line.Contains("can be written again", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task A_full_disk_refuses_writes_loses_nothing_acknowledged_and_resumes_by_itself(JournalProfile kind)
    {
        Directory.CreateDirectory(FolderOf(kind));
        var reason = Shell.Try("mount", "-t", "tmpfs", "-o", "size=6m", "keyrecovery-test", FolderOf(kind));
        if (reason is not null)
            _output.WriteLine($"no small file system here ({reason}): max_page_count stands in for it");
        try
        {
            Dictionary<RowKey, byte[]> acknowledged = [];
            // What fills the disk, and will be removed: a file on the small one, or a limit in place of it.
            var filler = Path.Combine(FolderOf(kind), "filler");
            await File.WriteAllBytesAsync(filler, new byte[3 << 20]);
            Func<long>? limit = reason is null ? null : () => File.Exists(filler) ? 400 : 100_000;
            await using (var pair =
                await _folder.OpenAsync(options => options with { PageLimit = options.Journal == kind ? limit : null }))
            {
                var (store, table) = Of(pair, kind);
                WriteResult result;
                do
                {
                    var (key, value) = (new RowKey(table, SystemRandom.Bytes(16)), SystemRandom.Bytes(20_000));
                    result = await WriteAsync(store, key, value);
                    if (result is WriteResult.Written) acknowledged.Add(key, value);
                }
                while (result is WriteResult.Written && acknowledged.Count < 1_000);

                Assert.Equal(new WriteResult.Unavailable(0, StoreFault.Full), result);
                Assert.NotEmpty(acknowledged);
                Assert.Equal(
                    result,
                    await WriteAsync(store, new RowKey(table, SystemRandom.Bytes(16)), SystemRandom.Bytes(900_000)));
                await AllThere(store, acknowledged);

                File.Delete(filler);
                for (var i = 0; i < 20; i++)
                {
                    var (key, value) = (new RowKey(table, SystemRandom.Bytes(16)), SystemRandom.Bytes(20_000));
                    Assert.IsType<WriteResult.Written>(await WriteAsync(store, key, value));
                    acknowledged.Add(key, value);
                }

                await AllThere(store, acknowledged);
                ToldOnce(StoreFault.Full);
            }

            await using (var again = await _folder.OpenAsync())
            {
                await AllThere(Of(again, kind).Store, acknowledged);
                Assert.True((await again.CheckAsync()).IsSound);
            }
        }
        finally
        {
            if (reason is null) Assert.Null(Shell.Try("umount", FolderOf(kind)));
        }
    }

    [NeedsTheory(Need.Chattr), MemberData(nameof(Stores))]
    public async Task A_file_that_turns_read_only_refuses_writes_still_reads_and_resumes_by_itself(JournalProfile kind)
    {
        await using var pair = await _folder.OpenAsync();
        var (store, table) = Of(pair, kind);
        Dictionary<RowKey, byte[]> acknowledged =
            new() { [new RowKey(table, new byte[] { 1 })] = [1], [new RowKey(table, new byte[] { 2 })] = [2] };
        foreach (var (key, value) in acknowledged)
            Assert.IsType<WriteResult.Written>(await WriteAsync(store, key, value));

        // The folder as well: it is where the key store's journal would come to be.
        string[] frozen = [.. Directory.GetFiles(FolderOf(kind), "*.db*")
            .Where(path => !path.EndsWith("-shm", StringComparison.Ordinal)), FolderOf(kind)];
        Assert.Null(Shell.Try("chattr", ["+i", .. frozen]));
        var late = new RowKey(table, new byte[] { 3 });
        try
        {
            for (var i = 0; i < 3; i++)
                Assert.Equal(new WriteResult.Unavailable(0, StoreFault.ReadOnly), await WriteAsync(store, late, [3]));
            await AllThere(store, acknowledged);
            Assert.Null(await store.ReadAsync(late, CancellationToken.None));
        }
        finally
        {
            Assert.Null(Shell.Try("chattr", ["-i", .. frozen]));
        }

        Assert.IsType<WriteResult.Written>(await WriteAsync(store, late, [3]));
        acknowledged.Add(late, [3]);
        await AllThere(store, acknowledged);
        ToldOnce(StoreFault.ReadOnly);
        Assert.True((await pair.CheckAsync()).IsSound);
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task A_file_overwritten_with_noise_fails_reads_as_unavailable_and_not_as_absent(JournalProfile kind)
    {
        var (key, value) = (new RowKey(kind == JournalProfile.Data ? Table.Items : Table.KeyRows, new byte[] { 1 }),
            SystemRandom.Bytes(50_000));
        await using (var pair = await _folder.OpenAsync())
            Assert.IsType<WriteResult.Written>(await WriteAsync(Of(pair, kind).Store, key, value));

        await using var again = await _folder.OpenAsync();
        using (var file = new FileStream(PathOf(kind), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = 8192;
            file.Write(SystemRandom.Bytes((int)file.Length - 8192));
        }

        var store = Of(again, kind).Store;
        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await store.ReadAsync(key, CancellationToken.None));
        Assert.Equal(StoreFault.Failed, failure.Reason);
        Assert.Equal(new WriteResult.Unavailable(0, StoreFault.Failed),
            await WriteAsync(store, new RowKey(key.Table, new byte[] { 2 }), [2]));
    }
}
