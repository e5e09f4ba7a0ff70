using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Storage.Tests.Faults;

/// <summary>
/// F29: a wrapped key in blocks that a deleted journal gave back. What is searched is the disk itself, an image that is
/// mounted, down to its last block.
/// </summary>
public sealed class JournalBlockTests : IDisposable
{
    private const int KeySize = 72;
    private const int Rows = 400;

    private readonly string _root = Directory.CreateTempSubdirectory("keyrecovery-blocks-").FullName;

    private string Image => Path.Combine(_root, "image");

    private string Disk => Path.Combine(_root, "disk");

    public void Dispose()
    {
        Shell.Try("umount", "-l", Disk);
        Directory.Delete(_root, recursive: true);
    }

    [NeedsFact(Need.Image)]
    public async Task F29_no_block_of_the_disk_has_a_key_that_was_destroyed()
    {
        Mount();
        var folder = new StoreFolder(Disk);
        var (destroyed, kept) = await FillAsync(folder);
        await using (var pair = await folder.OpenAsync())
        {
            foreach (var some in destroyed.Keys.Chunk(9))
            {
                var writes = new List<RowWrite>();
                foreach (var key in some)
                {
                    var was = (await pair.Keys.ReadAsync(key, CancellationToken.None))!;
                    writes.Add(new RowWrite.Replace(was, new byte[KeySize + 30]));
                }

                Assert.IsType<WriteResult.Written>(await pair.Keys.WriteAsync(writes, CancellationToken.None));
            }
        }

        Assert.Equal([".lock", "keys.db"], Directory.GetFiles(folder.KeyFolder).Select(Path.GetFileName).Order());
        AssertOnDisk(0, destroyed);
        AssertOnDisk(kept.Count, kept);
    }

    [NeedsFact(Need.Image)]
    public async Task Control_a_journal_that_SQLite_deletes_by_itself_leaves_them_there()
    {
        Mount();
        var folder = new StoreFolder(Disk);
        var (destroyed, _) = await FillAsync(folder);
        using (var connection = Connection.Open(folder.KeyPath, writable: true))
        {
            connection.Execute("PRAGMA journal_mode=DELETE");
            connection.Execute("PRAGMA secure_delete=ON");
            foreach (var key in destroyed.Keys)
            {
                connection.Execute($"UPDATE key_rows_keys SET cell = zeroblob({1 + KeySize}) WHERE slot = "
                    + $"(SELECT rowid FROM key_rows WHERE id = x'{Convert.ToHexString(key.Id.Span)}')");
            }
        }

        Shell.Try("sync", "-f", Disk);
        Assert.NotEqual(0, new Windows([Image]).Found(destroyed.Values));
    }

    [Fact]
    public async Task What_a_crash_left_of_a_journal_is_overwritten_when_the_store_opens()
    {
        using var folder = new StoreFolder();
        await using (await folder.OpenAsync()) { }
        var (held, blocks) = (HeldJournal.PathOf(folder.KeyPath), Path.Combine(folder.Root, "blocks"));
        File.WriteAllBytes(blocks, SystemRandom.Bytes(20_000));
        Assert.Null(Shell.Try("ln", blocks, held));
        await using (await folder.OpenAsync()) { }
        Assert.False(File.Exists(held));
        Assert.Equal(new byte[20_000], File.ReadAllBytes(blocks));
    }

    // As a crash leaves it: one file, two names, and a journal that has to be played back before it may go.
    [Fact]
    public async Task A_journal_that_is_still_needed_is_played_back_before_it_is_overwritten()
    {
        using var folder = new StoreFolder();
        var key = new RowKey(Table.KeyRows, SystemRandom.Bytes(16));
        var value = SystemRandom.Bytes(KeySize + 40);
        await using (var pair = await folder.OpenAsync())
            await pair.Keys.WriteAsync([new RowWrite.Create(key, value)], CancellationToken.None);
        var (journal, held) = (folder.KeyPath + "-journal", HeldJournal.PathOf(folder.KeyPath));
        using (var copy = new StoreFolder())
        {
            using (var connection = Connection.Open(folder.KeyPath, writable: true))
            {
                connection.Execute("PRAGMA journal_mode=DELETE");
                connection.Execute("PRAGMA cache_size=1");
                connection.Execute("BEGIN IMMEDIATE");
                connection.Execute("UPDATE key_rows_keys SET cell = zeroblob(73)");
                connection.Execute("CREATE TABLE much AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                    + "FROM n WHERE i < 400) SELECT randomblob(3000) FROM n");
                // What is on the disk in the middle of it.
                File.Copy(folder.KeyPath, Path.Combine(copy.Root, "keys.db"));
                File.Copy(journal, Path.Combine(copy.Root, "journal"));
            }

            File.Copy(Path.Combine(copy.Root, "keys.db"), folder.KeyPath, overwrite: true);
            File.Copy(Path.Combine(copy.Root, "journal"), journal);
            Assert.Null(Shell.Try("ln", journal, held));
            Assert.Null(Shell.Try("ln", journal, Path.Combine(copy.Root, "blocks")));
            await using (var pair = await folder.OpenAsync())
            {
                Assert.Equal(value, (await pair.Keys.ReadAsync(key, CancellationToken.None))?.Value.ToArray());
                Assert.True((await pair.CheckAsync()).IsSound);
            }

            Assert.False(File.Exists(held) || File.Exists(journal));
            Assert.DoesNotContain(File.ReadAllBytes(Path.Combine(copy.Root, "blocks")), b => b != 0);
        }
    }

    private void Mount()
    {
        Directory.CreateDirectory(Disk);
        Assert.Null(Shell.Try("truncate", "-s", "24M", Image));
        Assert.Null(Shell.Try("mkfs.ext4", "-q", Image));
        Assert.Null(Shell.Try("mount", "-o", "loop", Image, Disk));
    }

    private static async Task<(Dictionary<RowKey, byte[]> Destroyed, Dictionary<RowKey, byte[]> Kept)> FillAsync(
        StoreFolder folder)
    {
        var all = Enumerable.Range(0, Rows).ToDictionary(
            _ => new RowKey(Table.KeyRows, SystemRandom.Bytes(16)), _ => SystemRandom.Bytes(KeySize));
        await using var pair = await folder.OpenAsync();
        foreach (var some in all.Chunk(7))
        {
            Assert.IsType<WriteResult.Written>(await pair.Keys.WriteAsync(
                [.. some.Select(row => new RowWrite.Create(row.Key, row.Value
                    .Concat(SystemRandom.Bytes(60)).ToArray()))], CancellationToken.None));
        }

        return (all.Where((_, i) => i % 3 == 0).ToDictionary(), all.Where((_, i) => i % 3 != 0).ToDictionary());
    }

    private void AssertOnDisk(int expected, Dictionary<RowKey, byte[]> keys)
    {
        Assert.Null(Shell.Try("sync", "-f", Disk));
        Assert.Equal(expected, new Windows([Image]).Found(keys.Values));
    }
}
