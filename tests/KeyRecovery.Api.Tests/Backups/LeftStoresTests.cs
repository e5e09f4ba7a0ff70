using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Api.Tests.Backups;

/// <summary>Stores that a move has left are where nobody comes to again by way of an older set.</summary>
// Its sets have the data as well, which only a store of files is backed up with.
[Trait("Store", "Files")]
public sealed class LeftStoresTests
{
    [Fact]
    public async Task What_a_move_has_left_is_neither_served_nor_restored_until_it_is_given_up()
    {
        using var site = new BackupSite();
        string set;
        await using (var host = await site.StartAsync()) set = await site.BackUpAsync(host);
        await MarkAsync(site, new MoveMark(Guid.NewGuid(), MoveState.Left, "elsewhere"));
        var before = site.Files();
        string[][] parts = [["--part", "data"], ["--part", "keys", .. site.Opened(set)], ["--part", "all",
            .. site.Opened(set)]];
        foreach (var part in parts)
        {
            var report = await site.RestoreAsync(set, [.. part, "--replace"]);
            Assert.Equal("refused", report.Outcome);
            Assert.Contains("was moved to elsewhere", report.Problem, StringComparison.Ordinal);
        }

        Assert.Equal(before, site.Files());
        var refused = await Assert.ThrowsAnyAsync<Exception>(site.StartAsync);
        Assert.Contains("was moved to elsewhere", refused.Message, StringComparison.Ordinal);
        await MarkAsync(site, null);
        await using (await site.StartAsync()) { }
        site.Damage();
        var restored = await site.RestoreAsync(set, ["--part", "keys", "--replace", .. site.Opened(set)]);
        Assert.True(restored.IsDone, restored.Problem);
    }

    private static async Task MarkAsync(BackupSite site, MoveMark? mark)
    {
        var home = new SqliteStoreHome(
            Path.Combine(site["stores"], "data.db"), Path.Combine(site["keys"], "keys.db"), SystemRandom.Instance,
            new ServerClock(TimeProvider.System), NullLoggerFactory.Instance);
        await using var left = await home.OpenToLeaveAsync();
        await left.MarkAsync(mark);
    }
}
