using KeyRecovery.Api.Maintenance;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service;
using KeyRecovery.Testing.Needs;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Backups;

/// <summary>
/// A set's keys come to an end: until then no receipt says more than is true, afterwards nobody opens them.
/// </summary>
// A set holds the files of both stores; accounts are backed up by their platform.
[Trait("Store", "Files")]
public sealed class ExpiryTests
{
    private static readonly TimeSpan Expiry = TimeSpan.FromHours(25);

    [Fact]
    public async Task Level_2_waits_for_the_last_set_that_holds_the_key_and_then_nobody_opens_that_set()
    {
        using var site = new BackupSite();
        string set, job, escrowed, kept = site["escrow-copy"];
        await using (var host = await site.StartAsync())
        {
            var account = await TestAccount.CreateAsync(host);
            set = await site.BackUpAsync(host);
            File.Copy(Assert.Single(site.EscrowFiles), kept);
            (job, _) = await BackupSite.EraseAsync(host, account.Subject);
            await host.Services.GetRequiredService<KeyRecoveryService>().Rotation.RunAsync(begin: true, null, default);
            // The KEK is gone from here. The set still opens elsewhere, by its escrow: so the receipt does not say
            // more.
            var receipt = await BackupSite.ReceiptAsync(host, job);
            Assert.Equal((1, 1UL), (receipt.Level, receipt.Kek));
            // A set that is made now holds the account no more, and delays nothing.
            await site.BackUpAsync(host);
            escrowed = Assert.Single(
                site.EscrowFiles, file => Path.GetFileName(file).StartsWith(set[^8..], StringComparison.Ordinal));
            site.Clock.Pass(Expiry);
            receipt = await BackupSite.ReceiptAsync(host, job);
            Assert.Equal(2, receipt.Level);
            Assert.Contains(ErasureProof.BackupsExpired, receipt.Proofs);
            Assert.False(File.Exists(escrowed));
        }

        // Ring, root key and offline key open nothing of it: not even with a clock that is set back.
        site.Lose("stores", "keys");
        Assert.Equal("the keys of this set have expired", (await site.RestoreAsync(set, "--part", "all")).Problem);
        site.Clock.Move(-Expiry);
        Assert.Contains(
            "no longer has the KEK", (await site.RestoreAsync(set, "--part", "all")).Problem, StringComparison.Ordinal);
        // The control: whoever kept a copy of the escrow, against all advice, opens it.
        var opened = await site.RestoreAsync(
            set, "--part", "all", "--escrow", kept, "--offline-key", site["offline.key"], "--audit-key", site.AuditKey);
        Assert.True(opened.IsDone, opened.Problem);
        Assert.Equal(1, opened.Joined!.ErasedAgain);
    }

    [Fact]
    public async Task A_clock_that_was_set_or_that_is_wrong_at_the_start_destroys_no_escrow_and_no_receipt_believes_it()
    {
        using var site = new BackupSite();
        string job;
        await using (var host = await site.StartAsync())
        {
            job = await EraseBehindSetAsync(site, host);
            site.Clock.Pass(ErasureWork.Settled);
            site.Clock.Move(Expiry);
            Assert.Equal(1, (await BackupSite.ReceiptAsync(host, job)).Level);
        }

        // A machine that comes up in another year, until somebody or something sets it right.
        await using (var host = await site.StartAsync())
        {
            Assert.Equal(1, (await BackupSite.ReceiptAsync(host, job)).Level);
            site.Clock.Move(-Expiry);
            site.Clock.Pass(ErasureWork.Settled);
            Assert.Equal(1, (await BackupSite.ReceiptAsync(host, job)).Level);
        }

        Assert.Single(site.EscrowFiles);
    }

    [NeedsFact(Need.Chattr)]
    public async Task An_escrow_that_cannot_be_destroyed_keeps_level_2_back_and_raises_an_alarm()
    {
        using var site = new BackupSite();
        string job;
        await using (var host = await site.StartAsync()) job = await EraseBehindSetAsync(site, host);

        site.Clock.Move(Expiry);
        var escrow = Assert.Single(site.EscrowFiles);
        using (new ImmutableFile(escrow))
        await using (var host = await site.StartAsync())
        {
            site.Clock.Pass(ErasureWork.Settled);
            Assert.Equal(1, (await BackupSite.ReceiptAsync(host, job)).Level);
            Assert.Contains("EscrowsKept", host.ReadLog(), StringComparison.Ordinal);
        }

        await using var again = await site.StartAsync();
        site.Clock.Pass(ErasureWork.Settled);
        Assert.Equal(2, (await BackupSite.ReceiptAsync(again, job)).Level);
        Assert.Empty(site.EscrowFiles);
    }

    [Fact]
    public async Task Where_the_list_of_sets_was_lost_an_escrow_that_is_there_keeps_level_2_back_until_it_expires()
    {
        using var site = new BackupSite();
        string job;
        await using (var host = await site.StartAsync()) job = await EraseBehindSetAsync(site, host);

        File.Delete(Path.Combine(site["fence"], "backup-sets"));
        await using (var host = await site.StartAsync())
            Assert.Equal(1, (await BackupSite.ReceiptAsync(host, job)).Level);

        site.Clock.Move(Expiry);
        await using var after = await site.StartAsync();
        site.Clock.Pass(ErasureWork.Settled);
        Assert.Equal(2, (await BackupSite.ReceiptAsync(after, job)).Level);
        Assert.Empty(site.EscrowFiles);
    }

    [Fact]
    public async Task Where_the_list_of_sets_was_lost_with_the_key_store_no_receipt_takes_them_for_expired()
    {
        using var site = new BackupSite();
        string set;
        await using (var host = await site.StartAsync())
        {
            var account = await TestAccount.CreateAsync(host);
            set = await site.BackUpAsync(host);
            // Made later, and known to nobody after the loss.
            await site.BackUpAsync(host);
            await BackupSite.EraseAsync(host, account.Subject);
        }

        File.Delete(Path.Combine(site["fence"], "backup-sets"));
        site.Lose("keys", "stores");
        // Whose list of tombstones it is cannot be seen any more; what it knows stays.
        var opened = await site.RestoreAsync(set, ["--part", "all", "--old-tombstones", .. site.Opened(set)]);
        Assert.True(opened.IsDone, opened.Problem);
        Assert.Equal(1, opened.Joined!.ErasedAgain);
        await using var after = await site.StartAsync();
        var erased = await after.Services.GetRequiredService<KeyRecoveryService>().Erasures.ResumeAsync(default);
        Assert.Equal((0, 1), (erased.Final, erased.AwaitSets));
    }

    [Fact]
    public async Task Only_its_own_sets_of_the_keys_alone_that_have_expired_are_deleted_where_that_is_asked_for()
    {
        using var site = new BackupSite();
        using var other = new BackupSite();
        await using var host = await site.StartAsync();
        await using var stranger = await other.StartAsync();
        var whole = await site.BackUpAsync(host);
        var keys = await site.BackUpAsync(host, keysOnly: true);
        var data = await site.BackUpAsync(host, dataOnly: true);
        var others = (await other.TryBackUpAsync(stranger, site.Sets, keysOnly: true)).Set!;
        // What says it is a set and is none, and what another has signed anew.
        var (broken, forged) = (Path.Combine(site.Sets, "broken"), Path.Combine(site.Sets, "forged"));
        Directory.CreateDirectory(broken);
        await File.WriteAllTextAsync(Path.Combine(broken, "set.json"), "{\"signed\": \"AA\"}");
        Directory.CreateDirectory(forged);
        var text = await File.ReadAllTextAsync(Path.Combine(keys, "set.json"));
        var end = text.LastIndexOf('"');
        await File.WriteAllTextAsync(
            Path.Combine(forged, "set.json"),
            text[..(end - 8)] + (text[end - 8] == 'A' ? 'B' : 'A') + text[(end - 7)..]);
        site.Clock.Pass(Expiry - TimeSpan.FromHours(2));
        var fresh = await site.BackUpAsync(host, keysOnly: true);
        Assert.Equal(0, (await site.TryBackUpAsync(host, keysOnly: true, deleteExpired: true)).Deleted);
        site.Clock.Pass(TimeSpan.FromHours(2));
        Assert.Equal(0, (await site.TryBackUpAsync(host, keysOnly: true)).Deleted);
        Assert.True(Directory.Exists(keys));

        var report = await site.TryBackUpAsync(host, keysOnly: true, deleteExpired: true);
        Assert.Equal((true, 1), (report.IsDone, report.Deleted));
        Assert.False(Directory.Exists(keys));
        Assert.All(
            [whole, data, others, broken, forged, fresh, report.Set!], set => Assert.True(Directory.Exists(set), set));
    }

    // An account that was erased after a set was made, and whose KEK is destroyed: level 2 waits for the set alone.
    private static async Task<string> EraseBehindSetAsync(BackupSite site, TestHost host)
    {
        var account = await TestAccount.CreateAsync(host);
        await site.BackUpAsync(host);
        var (job, _) = await BackupSite.EraseAsync(host, account.Subject);
        await host.Services.GetRequiredService<KeyRecoveryService>().Rotation.RunAsync(begin: true, null, default);
        return job;
    }
}
