using System.Diagnostics;
using KeyRecovery.Api.Backups;
using KeyRecovery.Api.CommandLine;
using KeyRecovery.Api.Reports;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Backups;
using KeyRecovery.Storage.Files.Backups;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Api.Tests.Backups;

/// <summary>
/// F26, F27, F28: a set that somebody else had in hands: with more in a file than was signed, files that are none,
/// files that change while they are copied, and one that another server made to the same offline key.
/// </summary>
// A set holds the files of both stores; accounts are backed up by their platform.
[Trait("Store", "Files")]
public sealed class HostileSetTests
{
    private static readonly string[] Names = ["data.db", "keys.sealed", "tombstones"];

    [Fact]
    public async Task F26_a_file_that_goes_on_behind_what_was_signed_or_is_cut_changes_nothing()
    {
        using var site = new BackupSite();
        var set = await LoseAllAsync(site);
        var before = site.Files();
        foreach (var name in Names)
        {
            using (Changed(set, name, bytes => [.. bytes, .. new string('a', 64).Select(c => (byte)c), (byte)'\n']))
                await RefusedAsync(site, set, $"{name} is not what was written");
            using (Changed(set, name, bytes => bytes[..^1]))
                await RefusedAsync(site, set, $"{name} is not what was written");
            using (Changed(set, name, bytes => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)]))
                await RefusedAsync(site, set, $"{name} is not what was written");
        }

        Assert.Equal(before, site.Files());
        await RestoredAsync(site, set);
    }

    [NeedsFact(Need.Linux)]
    public async Task F26_pipes_devices_links_and_folders_are_refused_without_being_read()
    {
        using var site = new BackupSite();
        var set = await LoseAllAsync(site);
        var before = site.Files();
        foreach (var name in Names.Append("set.json"))
        {
            var path = Path.Combine(set, name);
            File.Move(path, path + ".aside");
            Process.Start("mkfifo", [path]).WaitForExit();
            await RefusedAsync(site, set, name);
            File.Move(path, path + ".pipe");
            File.CreateSymbolicLink(path, path + ".pipe");
            await RefusedAsync(site, set, name == "set.json" ? "" : name);
            File.Delete(path);
            File.Delete(path + ".pipe");
            foreach (var target in new[] { "/dev/zero", "/dev/null", "/proc/self/mem" })
            {
                File.CreateSymbolicLink(path, target);
                await RefusedAsync(site, set, name);
                File.Delete(path);
            }

            Directory.CreateDirectory(path);
            await RefusedAsync(site, set, name == "set.json" ? "no backup set" : name);
            Directory.Delete(path);
            File.Move(path + ".aside", path);
        }

        Assert.Equal(before, site.Files());
        await RestoredAsync(site, set);
    }

    [Fact]
    public async Task F28_what_is_taken_up_is_what_was_hashed_though_the_file_changes_after_it_was_checked()
    {
        using var site = new BackupSite();
        var set = await LoseAllAsync(site);
        var folder = new BackupFolder(set);
        var described = folder.Read(out _);
        Assert.Empty(await folder.FindProblemsAsync(described, default));
        foreach (var (name, open) in new (string, Func<BackupSet, SetFileStream>)[]
        {
            ("data.db", folder.OpenData), ("keys.sealed", folder.OpenKeys), ("tombstones", folder.OpenTombstones),
        })
        {
            // Of the same length, and put there when the file is open already or about to be.
            using (Changed(set, name, bytes => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)]))
            {
                await using var changed = open(described);
                var refused = await Assert.ThrowsAsync<IOException>(() => changed.CopyToAsync(Stream.Null));
                Assert.Contains($"{name} is not what was written", refused.Message, StringComparison.Ordinal);
            }

            await using var whole = open(described);
            await whole.CopyToAsync(Stream.Null);
            whole.End();
            // Whoever stops before the end has not been told, and asks.
            await using var half = open(described);
            await half.ReadExactlyAsync(new byte[1]);
            Assert.Throws<IOException>(half.End);
        }
    }

    [Fact]
    public async Task F27_after_the_loss_of_everything_a_set_of_whoever_has_the_public_half_is_told_from_ones_own()
    {
        using var site = new BackupSite();
        using var other = new BackupSite();
        var set = await LoseAllAsync(site);
        // The thief runs a server of his own, which seals to the victim's offline key.
        File.Copy(site["offline.pub"], other["offline.pub"], overwrite: true);
        var forged = await LoseAllAsync(other);
        site.Lose("ring", "fence");
        string[] opened = [.. other.Opened(forged)[..2], "--offline-key", site["offline.key"]];

        var before = site.Files();
        Assert.Contains("--audit-key", Assert.Throws<UsageException>(
            () => RestoreArguments.Parse(["--from", forged, "--part", "all", .. opened])).Message,
            StringComparison.Ordinal);
        var report = await site.RestoreAsync(
            forged, ["--part", "all", "--old-tombstones", .. opened, "--audit-key", site.AuditKey]);
        Assert.Equal("refused", report.Outcome);
        Assert.Contains("audit key", report.Problem, StringComparison.Ordinal);
        Assert.Equal(before, site.Files());

        // Control: without the key in hand it is as good as one's own; and one's own is taken with it.
        using (var victim = new BackupSite())
        {
            File.Copy(site["offline.key"], victim["offline.key"], overwrite: true);
            var taken = await victim.RestoreAsync(
                forged, ["--part", "all", "--old-tombstones", .. opened, "--audit-key", "unknown"]);
            Assert.True(taken.IsDone, taken.Problem);
        }

        var done = await site.RestoreAsync(set, ["--part", "all", "--old-tombstones", .. site.Opened(set)]);
        Assert.True(done.IsDone, done.Problem);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("Unknown")]
    public void F27_an_audit_key_that_is_none_is_told_before_anything_is_read(string key) =>
        Assert.Contains("--audit-key takes", Assert.Throws<UsageException>(() => RestoreArguments.Parse(
            ["--from", "/", "--part", "all", "--escrow", "e", "--offline-key", "-", "--audit-key", key])).Message,
            StringComparison.Ordinal);

    // An account was erased: the list of tombstones has a line. Data and keys are gone, the ring is there.
    private static async Task<string> LoseAllAsync(BackupSite site)
    {
        string set;
        await using (var host = await site.StartAsync())
        {
            await Support.TestAccount.CreateAsync(host);
            var gone = await Support.TestAccount.CreateAsync(host);
            await BackupSite.EraseAsync(host, gone.Subject);
            set = await site.BackUpAsync(host);
        }

        site.Lose("stores", "keys");
        Directory.CreateDirectory(site["stores"]);
        Directory.CreateDirectory(site["keys"]);
        return set;
    }

    private static async Task RefusedAsync(BackupSite site, string set, string problem)
    {
        var report = await site.RestoreAsync(set, "--part", "all").WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal("refused", report.Outcome);
        Assert.Contains(problem, report.Problem, StringComparison.Ordinal);
    }

    private static async Task RestoredAsync(BackupSite site, string set)
    {
        var done = await site.RestoreAsync(set, "--part", "all");
        Assert.True(done.IsDone, done.Problem);
    }

    private static Restoring Changed(string set, string name, Func<byte[], byte[]> change)
    {
        var path = Path.Combine(set, name);
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, change(bytes));
        return new Restoring(path, bytes);
    }

    private sealed record Restoring(string Path, byte[] Bytes) : IDisposable
    {
        public void Dispose() => File.WriteAllBytes(Path, Bytes);
    }
}
