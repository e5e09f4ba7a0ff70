using KeyRecovery.Storage.Sqlite.Backups;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Backups;

/// <summary>Exchanging a store's file, from every state in which a crash may leave it.</summary>
public sealed class StoreSwapTests : IDisposable
{
    private static readonly string[] Old = ["", "-wal", "-shm"];

    private readonly string _folder = Directory.CreateTempSubdirectory("keyrecovery-swap-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string FilePath => Path.Combine(_folder, "data.db");

    public static TheoryData<int> Steps => [.. Enumerable.Range(0, Old.Length + 2)];

    /// <param name="done">How many of the moves a crash let through: the old files one by one, then the new
    /// one.</param>
    [Theory]
    [MemberData(nameof(Steps))]
    public void Whatever_was_done_it_ends_with_the_new_file_alone_and_the_old_ones_beside_it(int done)
    {
        var swap = new StoreSwap(FilePath, "tag", hasKeys: false);
        foreach (var companion in Old) File.WriteAllText(FilePath + companion, "old" + companion);
        File.WriteAllText(swap.Incoming, "new");
        foreach (var companion in Old.Take(done)) File.Move(FilePath + companion, swap.Replaced + companion);
        if (done > Old.Length) File.Move(swap.Incoming, FilePath);

        swap.Run();
        swap.Run();
        Assert.Equal("new", File.ReadAllText(FilePath));
        foreach (var companion in Old) Assert.Equal("old" + companion, File.ReadAllText(swap.Replaced + companion));
        // A log that was left beside it would be played into the new file.
        Assert.Equal(1 + Old.Length, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public async Task A_copy_is_whole_private_and_replaces_what_an_earlier_try_left()
    {
        var swap = new StoreSwap(FilePath, "tag", hasKeys: true);
        var from = Path.Combine(_folder, "set");
        var bytes = SystemRandom.Bytes(3_000_000);
        await File.WriteAllBytesAsync(from, bytes);
        await File.WriteAllBytesAsync(swap.Incoming, new byte[5_000_000]);
        await using (var source = File.OpenRead(from)) await swap.CopyAsync(source, default);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(swap.Incoming));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(swap.Incoming));
        swap.Clear();
        Assert.False(File.Exists(swap.Incoming));
        Assert.False(swap.Replaces);
    }
}
