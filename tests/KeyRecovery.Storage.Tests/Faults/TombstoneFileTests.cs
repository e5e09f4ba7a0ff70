using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Fence;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Faults;

/// <summary>The list of tombstones outlives crashes and says so when it cannot be written.</summary>
public sealed class TombstoneFileTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    private string Folder => Path.Combine(_folder.Root, "fence");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_appended_is_read_and_a_line_that_a_crash_cut_is_none()
    {
        var (first, second) = (New(), New());
        using (var file = new TombstoneFile(Folder))
        {
            Assert.Empty(await file.ReadAsync(default));
            await file.AppendAsync([first], default);
        }

        var path = Path.Combine(Folder, TombstoneFile.FileName);
        await File.AppendAllTextAsync(path, "0123456789abcdef");
        using var again = new TombstoneFile(Folder);
        Assert.Equal([first], await again.ReadAsync(default));
        await again.AppendAsync([second, first], default);
        Assert.Equal(new HashSet<Hash256> { first, second }, (await again.ReadAsync(default)).ToHashSet());
        Assert.Equal(3 * 65, new FileInfo(path).Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Theory]
    [InlineData("who knows\n")]
    [InlineData("\n")]
    [InlineData("zz23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n")]
    public async Task A_line_that_is_no_tombstone_is_not_skipped(string line)
    {
        using var file = new TombstoneFile(Folder);
        await file.AppendAsync([New()], default);
        var path = Path.Combine(Folder, TombstoneFile.FileName);
        await File.WriteAllTextAsync(path, line + await File.ReadAllTextAsync(path));
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await file.ReadAsync(default));
        Assert.Contains("line 1 of", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_is_said_to_be_so()
    {
        await File.WriteAllTextAsync(Folder, "a file where the folder should be");
        using var file = new TombstoneFile(Folder);
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await file.AppendAsync([New()], default));
    }

    private static Hash256 New() => new(SystemRandom.Bytes(32));
}
