using KeyRecovery.Api.Backups;
using KeyRecovery.Api.Reports;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Storage.Files.Backups;

namespace KeyRecovery.Api.Tests.Backups;

/// <summary>What does not fit is refused before anything is changed, in words that say what to do.</summary>
// A set holds the files of both stores; accounts are backed up by their platform.
[Trait("Store", "Files")]
public sealed class RefusedRestoreTests
{
    [Fact]
    public async Task A_set_that_is_damaged_changed_foreign_or_opened_by_the_wrong_key_changes_nothing()
    {
        using var site = new BackupSite();
        using var other = new BackupSite();
        var (set, second) = await TwoSetsAsync(site);
        var (foreign, _) = await TwoSetsAsync(other);
        var opened = site.Opened(set);
        site.Lose("keys");
        Directory.CreateDirectory(site["keys"]);
        var before = site.Files();

        await RefusedAsync(
            "keys.sealed is not what was written", Changed(set, "keys.sealed", bytes => bytes[^20] ^= 1), opened);
        await RefusedAsync("keys.sealed is not what was written", Changed(set, "keys.sealed", null), opened);
        await RefusedAsync(
            "data.db is not what was written", Changed(set, "data.db", bytes => bytes[5000] ^= 1), opened);
        await RefusedAsync(
            "does not say what the set is", Changed(set, "set.json", bytes => bytes[^30] = (byte)'*'), opened);
        await RefusedAsync("is the escrow of another set", set, site.Opened(second));
        string[] With(string escrow, string key) =>
            ["--escrow", escrow, "--offline-key", key, "--audit-key", site.AuditKey];
        await RefusedAsync("this is not the offline key", set, With(opened[1], other["offline.key"]));
        await RefusedAsync("is the other half of an offline key", set, With(opened[1], site["offline.pub"]));
        await File.WriteAllTextAsync(site["typo.key"], Mistyped(await File.ReadAllTextAsync(site["offline.key"])));
        await RefusedAsync("has a wrong character", set, With(opened[1], site["typo.key"]));
        File.Delete(site["typo.key"]);
        await RefusedAsync("is no escrow", set, With(site["offline.pub"], site["offline.key"]));
        // Another server's, whole: its tombstones are not this server's.
        await RefusedAsync("or another server's", foreign, other.Opened(foreign));
        await RefusedAsync("no backup set", site["offline.key"], opened);

        Assert.Equal(before, site.Files());
        var done = await site.RestoreAsync(set, ["--part", "keys", .. opened]);
        Assert.True(done.IsDone, done.Problem);

        async Task RefusedAsync(string problem, string from, string[] keys)
        {
            var report = await site.RestoreAsync(from, ["--part", "keys", .. keys]);
            Assert.Equal("refused", report.Outcome);
            Assert.Contains(problem, report.Problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_a_set_says_of_itself_counts_only_with_the_servers_signature()
    {
        using var site = new BackupSite();
        var (set, _) = await TwoSetsAsync(site);
        var path = Path.Combine(set, "set.json");
        // A set with another expiry: a byte of the signed description changed, the rest as it was.
        var text = await File.ReadAllTextAsync(path);
        var at = text.IndexOf("\"signed\": \"", StringComparison.Ordinal) + 11;
        var end = text.IndexOf('"', at);
        Assert.True(Protocol.Wire.Base64UrlText.TryDecodeUpTo(text[at..end], 512, out var description));
        // The last byte of the time at which it was made: after the array's head, the label, the format and two ids.
        const int Made = 3 + 28 + 1 + 17 + 17;
        Assert.Equal(0x1a, description[Made]);
        description[Made + 4] ^= 1;
        await File.WriteAllTextAsync(path, text[..at] + Protocol.Wire.Base64UrlText.Encode(description) + text[end..]);
        var report = await site.RestoreAsync(set, "--replace");
        Assert.Contains("not signed by this server", report.Problem, StringComparison.Ordinal);
        await using var host = await site.StartAsync();
    }

    [Fact]
    public async Task Data_that_the_servers_signature_does_not_cover_are_not_even_opened()
    {
        using var site = new BackupSite();
        var (set, _) = await TwoSetsAsync(site);
        // No database at all, under a description that fits it and that somebody else has signed.
        var data = Path.Combine(set, "data.db");
        await File.WriteAllTextAsync(data, "whatever a parser stumbles over");
        var described = new BackupFolder(set).Read(out _);
        using var forger = SigningKey.FromSeed(new byte[SigningKey.SeedSize]);
        var forged = (described with { Data = await BackupFolder.SumAsync(data, default) }).Sign(forger);
        await File.WriteAllTextAsync(
            Path.Combine(set, "set.json"), $"{{\"signed\": \"{Protocol.Wire.Base64UrlText.Encode(forged)}\"}}");
        var before = site.Files();
        var report = await site.RestoreAsync(set, "--replace");
        Assert.Contains("not signed by this server", report.Problem, StringComparison.Ordinal);
        Assert.Equal(before, site.Files());
    }

    [Fact]
    public async Task A_restore_does_not_touch_what_is_there_unasked_nor_what_a_server_holds()
    {
        using var site = new BackupSite();
        var (set, _) = await TwoSetsAsync(site);
        var before = site.Files();
        Assert.Contains("--replace moves it aside", (await site.RestoreAsync(set)).Problem, StringComparison.Ordinal);
        Assert.Contains("--part all", (await LosingAsync("keys")).Problem, StringComparison.Ordinal);
        Assert.Equal(before, site.Files());
        await using (await site.StartAsync())
            Assert.Contains("in use by another process", (await site.RestoreAsync(set, "--replace")).Problem,
                StringComparison.Ordinal);

        var replaced = await site.RestoreAsync(set, "--replace");
        Assert.True(replaced.IsDone, replaced.Problem);
        Assert.True(File.Exists(Assert.Single(replaced.Replaced)));
        await using var host = await site.StartAsync();

        async Task<RestoreReport> LosingAsync(string place)
        {
            Directory.Move(site[place], site["aside"]);
            var report = await site.RestoreAsync(set, "--replace");
            Directory.Delete(site[place]);
            Directory.Move(site["aside"], site[place]);
            return report;
        }
    }

    [Fact]
    public async Task A_set_of_the_keys_alone_restores_them_and_no_data()
    {
        using var site = new BackupSite();
        string keys;
        await using (var host = await site.StartAsync())
        {
            keys = await site.BackUpAsync(host, keysOnly: true);
            await TestAccount.CreateAsync(host);
            keys = await site.BackUpAsync(host, keysOnly: true);
            Assert.Equal("a set of neither is none",
                (await site.TryBackUpAsync(host, null, dataOnly: true, keysOnly: true)).Problem);
        }

        Assert.Equal("this set holds the keys alone", (await site.RestoreAsync(keys, "--replace")).Problem);
        site.Lose("keys");
        var restored = await site.RestoreAsync(keys, "--part", "keys");
        Assert.True(restored.IsDone, restored.Problem);
        Assert.Equal(1, restored.Joined!.Accounts);
    }

    [Fact]
    public async Task A_set_of_the_data_alone_has_no_keys_and_an_unfinished_restore_lets_no_other_begin()
    {
        using var site = new BackupSite();
        string data, whole;
        await using (var host = await site.StartAsync())
        {
            await TestAccount.CreateAsync(host);
            data = await site.BackUpAsync(host, dataOnly: true);
            whole = await site.BackUpAsync(host);
            Assert.Single(site.EscrowFiles);
        }

        Assert.Equal("this set holds the data alone", (await site.RestoreAsync(data, "--part", "all")).Problem);
        await File.WriteAllTextAsync(Path.Combine(site["stores"], "restore"), $"{new string('a', 32)} keys Joining\n");
        Assert.Contains("another restore was begun", (await site.RestoreAsync(whole, "--replace")).Problem,
            StringComparison.Ordinal);
        File.Delete(Path.Combine(site["stores"], "restore"));
        File.Delete(Path.Combine(site["stores"], "data.db"));
        var restored = await site.RestoreAsync(data);
        Assert.True(restored.IsDone, restored.Problem);
        Assert.Equal(1, restored.Joined!.Accounts);
    }

    [Fact]
    public async Task Sets_do_not_lie_in_a_place_of_the_server_nor_beside_their_escrows()
    {
        using var site = new BackupSite();
        await using var host = await site.StartAsync();
        foreach (var place in new[] { "stores", "keys/sets", "ring", "fence", "escrows", "." })
        {
            var report = await site.TryBackUpAsync(host, Path.GetFullPath(site[place]));
            Assert.Contains("never hold another", report.Problem, StringComparison.Ordinal);
        }

        Assert.Contains("absolute path", (await site.TryBackUpAsync(host, "sets")).Problem, StringComparison.Ordinal);
        File.Delete(site["offline.pub"]);
        Assert.False((await site.TryBackUpAsync(host)).IsDone);
        // Nothing that looks like a set, and nothing half done.
        Assert.Empty(Directory.Exists(site.Sets) ? Directory.GetFileSystemEntries(site.Sets) : []);
    }

    private static async Task<(string First, string Second)> TwoSetsAsync(BackupSite site)
    {
        await using var host = await site.StartAsync();
        await TestAccount.CreateAsync(host);
        return (await site.BackUpAsync(host), await site.BackUpAsync(host));
    }

    // A copy of the set with one file changed, or cut in half.
    private static string Changed(string set, string name, Action<byte[]>? change)
    {
        var copy = set + "-changed";
        if (Directory.Exists(copy)) Directory.Delete(copy, recursive: true);
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.GetFiles(set)) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        var path = Path.Combine(copy, name);
        var bytes = File.ReadAllBytes(path);
        change?.Invoke(bytes);
        File.WriteAllBytes(path, change is null ? bytes[..(bytes.Length / 2)] : bytes);
        return copy;
    }

    private static string Mistyped(string key) => key[..40] + (key[40] == 'A' ? 'B' : 'A') + key[41..];
}
