using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Backups;
using KeyRecovery.Storage.Files.Fence;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Backups;

/// <summary>Which sets hold a KEK, and until when: what receipts of level 2 wait for.</summary>
public sealed class BackupSetListTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("keyrecovery-sets-").FullName;
    private readonly Clock _time = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string ListPath => Path.Combine(_folder, "fence", SetListFile.FileName);

    private EscrowFolder Escrows => new(Path.Combine(_folder, "escrows"));

    private BackupSetList Open() => new(new SetListFile(Path.Combine(_folder, "fence")), Escrows, _time);

    private static BackupSetId Set(byte number) => new([.. Enumerable.Repeat(number, BackupSetId.Size)]);

    [Fact]
    public async Task The_last_set_that_holds_a_KEK_or_an_older_one_counts_also_after_a_restart()
    {
        var list = Open();
        Assert.Null(await list.LastHoldingAsync(new KekId(9), default));
        await list.AddAsync(Set(1), new KekId(2), Now.AddDays(30), default);
        await list.AddAsync(Set(2), new KekId(3), Now.AddDays(10), default);
        await list.AddAsync(Set(3), new KekId(5), Now.AddDays(90), default);

        var again = Open();
        Assert.Null(await again.LastHoldingAsync(new KekId(1), default));
        Assert.Equal(Now.AddDays(30), await again.LastHoldingAsync(new KekId(2), default));
        Assert.Equal(Now.AddDays(30), await again.LastHoldingAsync(new KekId(4), default));
        Assert.Equal(Now.AddDays(90), await again.LastHoldingAsync(new KekId(5), default));
    }

    [Fact]
    public async Task What_expires_has_its_escrow_overwritten_and_deleted()
    {
        var list = Open();
        await list.AddAsync(Set(1), new KekId(1), Now.AddDays(1), default);
        await list.AddAsync(Set(2), new KekId(1), Now.AddDays(3), default);
        foreach (var set in new[] { Set(1), Set(2) }) Escrows.Write(set, [1, 2, 3]);
        // A second name shows what became of the bytes.
        var linked = Path.Combine(_folder, "linked");
        Assert.Null(Shell.Try("ln", Escrows.PathOf(Set(1)), linked));
        _time.Now = Now.AddDays(2);
        Assert.Equal(0, await list.DestroyExpiredAsync(default));
        Assert.False(File.Exists(Escrows.PathOf(Set(1))));
        Assert.Equal([0, 0, 0], await File.ReadAllBytesAsync(linked));
        Assert.True(File.Exists(Escrows.PathOf(Set(2))));
    }

    [Fact]
    public async Task A_directory_of_escrows_that_is_not_there_proves_nothing_gone()
    {
        var list = Open();
        await list.AddAsync(Set(1), new KekId(1), Now.AddDays(1), default);
        Escrows.Write(Set(1), [1, 2, 3]);
        var mounted = Path.Combine(_folder, "escrows");
        Directory.Move(mounted, mounted + "-elsewhere");
        _time.Now = Now.AddDays(2);
        Assert.Equal(1, await list.DestroyExpiredAsync(default));
        Assert.Equal(DateTimeOffset.MaxValue, await list.LastHoldingAsync(new KekId(1), default));
        // An empty place where it should be mounted is not it.
        Directory.CreateDirectory(mounted);
        Assert.Equal(1, await list.DestroyExpiredAsync(default));
        Directory.Delete(mounted);
        Directory.Move(mounted + "-elsewhere", mounted);
        Assert.Equal(0, await list.DestroyExpiredAsync(default));
        Assert.Equal(Now.AddDays(1), await list.LastHoldingAsync(new KekId(1), default));
    }

    [Fact]
    public async Task A_last_line_that_was_cut_short_is_cut_off_and_a_list_that_is_none_is_not_read_as_empty()
    {
        await Open().AddAsync(Set(1), new KekId(1), Now.AddDays(1), default);
        await File.AppendAllTextAsync(ListPath, "0202");
        await Open().AddAsync(Set(3), new KekId(7), Now.AddDays(2), default);
        Assert.Equal(
            [$"{Set(1)} 1 {Now.AddDays(1).ToUnixTimeSeconds()}", $"{Set(3)} 7 {Now.AddDays(2).ToUnixTimeSeconds()}"],
            await File.ReadAllLinesAsync(ListPath));
        await File.WriteAllTextAsync(ListPath, "who knows\n");
        Assert.Throws<StoreUnavailableException>(Open);
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = BackupSetListTests.Now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
