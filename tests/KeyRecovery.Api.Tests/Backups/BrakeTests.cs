using System.Net;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Api.Tests.Backups;

/// <summary>
/// Data that nobody opens are removed by a restore; many of them at once are the sign of a wrong key store, and it
/// asks.
/// </summary>
// A set holds the files of both stores; accounts are backed up by their platform.
[Trait("Store", "Files")]
public sealed class BrakeTests
{
    private const int Many = 12;

    [Fact]
    public async Task Data_beside_a_key_store_that_does_not_know_them_wait_for_the_right_one()
    {
        using var site = new BackupSite();
        var set = await MakeManyAsync(site);
        var keys = Path.Combine(site["keys"], "keys.db");
        File.Move(keys, site["right.db"]);
        File.Copy(site["empty.db"], keys);
        var stopped = await site.RestoreAsync(set, "--replace");
        Assert.Equal(("quarantined", true, Many), (stopped.Outcome, stopped.Joined!.Stopped, stopped.Joined.Orphans));
        // Nobody is served meanwhile.
        var refused = await Assert.ThrowsAsync<StoreOpenException>(site.StartAsync);
        Assert.Contains("has not ended", refused.Message, StringComparison.Ordinal);

        File.Move(site["right.db"], keys, overwrite: true);
        var done = await site.RestoreAsync(set, "--replace");
        Assert.True(done.IsDone, done.Problem);
        Assert.Equal((Many, 0), (done.Joined!.Accounts, done.Joined.Orphans));
    }

    [Fact]
    public async Task It_goes_on_when_it_is_told_to()
    {
        using var site = new BackupSite();
        var set = await MakeManyAsync(site);
        File.Copy(site["empty.db"], Path.Combine(site["keys"], "keys.db"), overwrite: true);
        Assert.Equal("quarantined", (await site.RestoreAsync(set, "--replace")).Outcome);
        var done = await site.RestoreAsync(set, "--sweep-anyway");
        Assert.True(done.IsDone, done.Problem);
        Assert.Equal((0, Many), (done.Joined!.Accounts, done.Joined.Orphans));
        await using var after = await site.StartAsync();
    }

    [Fact]
    public async Task Those_who_were_erased_do_not_pull_it()
    {
        using var site = new BackupSite();
        var subjects = new List<string>();
        string set;
        TestAccount kept;
        await using (var host = await site.StartAsync())
        {
            for (var i = 0; i < Many; i++) subjects.Add((await TestAccount.CreateAsync(host)).Subject);
            kept = await TestAccount.CreateAsync(host);
            set = await site.BackUpAsync(host);
            await BackupSite.EraseAsync(host, [.. subjects]);
        }

        // As many orphans as the brake stops at, but each of them erased.
        var done = await site.RestoreAsync(set, "--replace");
        Assert.True(done.IsDone, done.Problem);
        Assert.Equal((1, Many, Many), (done.Joined!.Accounts, done.Joined.Orphans, done.Joined.Expected));
        await using (var host = await site.StartAsync())
        {
            using var answer = await host.Client.SendAsync(kept.Phone.Of(kept.Id)
                .Request(host.Address, HttpMethod.Get, "/v1/vault"));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    // A set with accounts, and in empty.db the key store of before the first of them.
    private static async Task<string> MakeManyAsync(BackupSite site)
    {
        await using (await site.StartAsync()) { }
        File.Copy(Path.Combine(site["keys"], "keys.db"), site["empty.db"]);
        await using var host = await site.StartAsync();
        for (var i = 0; i < Many; i++) await TestAccount.CreateAsync(host);
        return await site.BackUpAsync(host);
    }
}
