using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Api.Backups;
using KeyRecovery.Api.Reports;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Service.Stores;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Backups;

/// <summary>
/// The wrong set, the wrong list, the wrong order: nobody who was erased comes back by it, and nobody else is lost.
/// </summary>
// A set holds the files of both stores; accounts are backed up by their platform.
[Trait("Store", "Files")]
public sealed class WrongRestoreTests
{
    private const int Many = 12;

    [Fact]
    public async Task A_list_of_tombstones_that_was_made_a_moment_ago_is_not_the_servers()
    {
        using var site = new BackupSite();
        string set;
        await using (var host = await site.StartAsync())
        {
            var account = await TestAccount.CreateAsync(host);
            // Nobody was erased yet, and every list begins as this one.
            set = await site.BackUpAsync(host);
            await BackupSite.EraseAsync(host, account.Subject);
        }

        Directory.Move(site["fence"], site["kept"]);
        Directory.Move(site["log"], site["kept log"]);
        site.Lose("stores", "keys", "ring");
        await using (await site.StartAsync()) { }
        string[] all = ["--part", "all", "--replace", .. site.Opened(set)];
        Assert.Contains("--old-tombstones", (await site.RestoreAsync(set, all)).Problem, StringComparison.Ordinal);

        site.Lose("fence", "log");
        Directory.Move(site["kept"], site["fence"]);
        Directory.Move(site["kept log"], site["log"]);
        var done = await site.RestoreAsync(set, all);
        Assert.True(done.IsDone, done.Problem);
        Assert.Equal(1, done.Joined!.ErasedAgain);
    }

    [Fact]
    public async Task An_older_list_that_is_taken_drops_nobody_whom_the_other_one_knows()
    {
        using var site = new BackupSite();
        string set;
        string[] lines;
        var list = Path.Combine(site["fence"], "tombstones");
        await using (var host = await site.StartAsync())
        {
            var (first, second) = (await TestAccount.CreateAsync(host), await TestAccount.CreateAsync(host));
            await BackupSite.EraseAsync(host, (await TestAccount.CreateAsync(host)).Subject);
            set = await site.BackUpAsync(host);
            await BackupSite.EraseAsync(host, first.Subject);
            await BackupSite.EraseAsync(host, second.Subject);
            lines = await File.ReadAllLinesAsync(list);
        }

        // Its beginning is lost, and its end.
        await File.WriteAllTextAsync(list, $"{lines[1]}\n{lines[2][..20]}");
        site.Lose("keys");
        Assert.Contains(
            "not the newest", (await site.RestoreAsync(set, "--part", "keys")).Problem, StringComparison.Ordinal);
        var done = await site.RestoreAsync(set, "--part", "keys", "--old-tombstones");
        Assert.True(done.IsDone, done.Problem);
        Assert.Equal(1, done.Joined!.ErasedAgain);
        Assert.Equal(lines[..2].Order(), (await File.ReadAllLinesAsync(list))[..2].Order());
    }

    [Fact]
    public async Task Until_the_brake_lets_go_the_replaced_keys_open_and_the_right_set_may_follow()
    {
        using var site = new BackupSite();
        string early, late;
        await using (var host = await site.StartAsync())
        {
            early = await site.BackUpAsync(host);
            for (var i = 0; i < Many; i++) await TestAccount.CreateAsync(host);
            late = await site.BackUpAsync(host);
        }

        // One that is sound is not replaced: what is newer would be lost for nothing.
        Assert.Contains("is sound", (await site.RestoreAsync(early, "--part", "keys", "--replace")).Problem,
            StringComparison.Ordinal);
        site.Damage();
        var stopped = await site.RestoreAsync(early, "--part", "keys", "--replace");
        Assert.Equal("quarantined", stopped.Outcome);
        // What it has put into the key store's place may not stay there.
        foreach (var more in new[] { new[] { "--replace" }, ["--part", "keys"] })
            Assert.Contains(
                "another restore was begun", (await site.RestoreAsync(late, more)).Problem, StringComparison.Ordinal);
        // What fails in its place leaves nobody to be served.
        Assert.Equal("quarantined",
            (await site.RestoreAsync(late, "--part", "keys", "--replace", "--escrow", site["sets"], "--offline-key",
                site["offline.key"], "--audit-key", site.AuditKey)).Outcome);
        await Assert.ThrowsAsync<StoreOpenException>(site.StartAsync);

        File.Copy(Assert.Single(stopped.Replaced), site["undo.db"]);
        var done = await site.RestoreAsync(late, "--part", "keys", "--replace");
        Assert.True(done.IsDone, done.Problem);
        Assert.Equal((Many, 0), (done.Joined!.Accounts, done.Joined.Orphans));
        Assert.True(File.Exists(stopped.Replaced[0]));
        await using var after = await site.StartAsync();
    }

    [Fact]
    public async Task Keys_of_the_wrong_set_are_undone_by_putting_the_old_file_back()
    {
        using var site = new BackupSite();
        string early;
        TestAccount last = null!;
        await using (var host = await site.StartAsync())
        {
            early = await site.BackUpAsync(host);
            for (var i = 0; i < Many; i++) last = await TestAccount.CreateAsync(host);
        }

        site.Damage();
        var stopped = await site.RestoreAsync(early, "--part", "keys", "--replace");
        Assert.Equal("quarantined", stopped.Outcome);
        File.Move(Assert.Single(stopped.Replaced), Path.Combine(site["keys"], "keys.db"), overwrite: true);
        site.Damage(mend: true);
        File.Delete(Path.Combine(site["stores"], "restore"));
        await using (var host = await site.StartAsync())
        using (var answer = await host.Client.SendAsync(last.Phone.Of(last.Id)
            .Request(host.Address, HttpMethod.Get, "/v1/vault")))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task What_cannot_be_built_leaves_nothing_and_lets_another_set_follow()
    {
        using var site = new BackupSite();
        string first, second;
        await using (var host = await site.StartAsync())
        {
            await TestAccount.CreateAsync(host);
            (first, second) = (await site.BackUpAsync(host), await site.BackUpAsync(host));
        }

        site.Damage();
        // A folder in the escrow's place, and a restore that was killed while it built.
        var failed = await site.RestoreAsync(
            first, "--part", "all", "--replace", "--escrow", site.Sets, "--offline-key", site["offline.key"],
            "--audit-key", site.AuditKey);
        Assert.Equal("refused", failed.Outcome);
        Assert.Equal(
            ["data.db"], Directory.GetFiles(site["stores"]).Select(Path.GetFileName).Where(name => name != ".lock"));
        site.Damage(mend: true);
        await File.WriteAllTextAsync(Path.Combine(site["stores"], "restore"), $"{new string('a', 32)} all Building\n");
        var done = await site.RestoreAsync(second, "--replace");
        Assert.True(done.IsDone, done.Problem);
        // Twice from the same set: the file that was replaced first is the one that counts.
        Assert.Contains("from an earlier restore of this set", (await site.RestoreAsync(second, "--replace")).Problem,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_beside_the_stores_that_cannot_be_read_is_told_before_anything_is_exchanged()
    {
        using var site = new BackupSite();
        string set;
        await using (var host = await site.StartAsync()) set = await site.BackUpAsync(host);
        site.Lose("keys");
        await File.AppendAllTextAsync(Path.Combine(site["fence"], "tombstones"), "zzz\n");
        var refused = await site.RestoreAsync(set, "--part", "keys");
        Assert.Equal("refused", refused.Outcome);
        Assert.Contains("tombstones", refused.Problem, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(site["stores"], "restore")));
    }

    [Fact]
    public async Task Escrows_are_written_where_they_were_before_and_not_where_that_should_be_mounted()
    {
        using var site = new BackupSite();
        await using var host = await site.StartAsync();
        // The first one dies when the set is listed and nothing of it is written: no later one is refused for it.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => site.CancelBackupAsync(host));
        await site.BackUpAsync(host);
        Directory.Move(site["escrows"], site["elsewhere"]);
        Directory.CreateDirectory(site["escrows"]);
        Assert.Contains("is it mounted?", (await site.TryBackUpAsync(host)).Problem, StringComparison.Ordinal);
        Directory.Delete(site["escrows"]);
        Directory.Move(site["elsewhere"], site["escrows"]);
        await site.BackUpAsync(host);
    }

    [Fact]
    public async Task Who_cancelled_an_erasure_after_the_set_was_made_has_the_time_to_cancel_again()
    {
        using var site = new BackupSite();
        string set;
        TestAccount account;
        await using (var host = await site.StartAsync())
        {
            account = await TestAccount.CreateAsync(host);
            using (var asked = await account.SendAsync(account.Phone, HttpMethod.Post, "/v1/erasure?round=0"))
                Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
            var report = await host.Services.GetRequiredService<BackupRuns>()
                .RunAsync(
                    new BackupRequest("backup", site.Sets, ExpiresAfterDays: 30), _ => { }, CancellationToken.None);
            set = report.Set!;
            using (var cancelled = await account.SendAsync(account.Phone, HttpMethod.Delete, "/v1/erasure"))
                Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);
        }

        site.Clock.Move(TimeSpan.FromHours(80));
        site.Lose("keys");
        var done = await site.RestoreAsync(set, "--part", "keys");
        Assert.True(done.IsDone, done.Problem);
        Assert.Equal((1, 1), (done.Joined!.Accounts, done.Joined.HoldsBegunAnew));
        Assert.Contains(done.Lines(), line => line.Contains("must cancel again", StringComparison.Ordinal));
        await using (var host = await site.StartAsync())
        {
            // What a device signs is of today.
            site.Clock.Move(TimeSpan.FromHours(-80));
            using var request = account.Phone.Of(account.Id).Request(host.Address, HttpMethod.Get, "/v1/erasure");
            using var answer = await host.Client.SendAsync(request);
            Assert.Equal(
                "held", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString());
        }
    }
}
