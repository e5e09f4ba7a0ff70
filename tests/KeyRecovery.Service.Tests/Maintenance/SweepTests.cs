using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Maintenance;

/// <summary>The sweep takes what nothing leads to, when it is old, and never what lives.</summary>
public sealed class SweepTests
{
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);
    private readonly TestRandom _random = new(1);

    [Fact]
    public async Task A_staged_item_waits_a_day_for_its_commit_and_a_day_more_when_it_is_stored_again()
    {
        await using var server = await TestService.OpenAsync();
        using var phone = TestAuthority.Device(_random);
        var account = await CreateAsync(server, phone);
        var item = await StageAsync(server, account, phone);

        server.Time.Advance(Day - TimeSpan.FromMinutes(1));
        Assert.Equal(0, (await server.Service.Sweeper.SweepAsync(Day, default)).StagedItems);
        await StageAsync(server, account, phone, item);
        server.Time.Advance(Day - TimeSpan.FromMinutes(1));
        Assert.Equal(0, (await server.Service.Sweeper.SweepAsync(Day, default)).StagedItems);
        server.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(1, (await server.Service.Sweeper.SweepAsync(Day, default)).StagedItems);

        using var open = await server.PassAsync(account, phone);
        Assert.Null(await server.Service.Vaults.FindItemAsync(open, Hash256.Of(item), default));
        Assert.Empty((await server.Service.Audit.RunAsync(default)).OrphanRows);
    }

    [Fact]
    public async Task An_item_that_a_commit_has_named_is_never_swept()
    {
        await using var server = await TestService.OpenAsync();
        using var phone = TestAuthority.Device(_random);
        var account = await CreateAsync(server, phone);
        Assert.IsType<Outcome<Heads>.Done>(await server.CommitAsync(
            account, phone, account.Commit(phone, new AccountChange { Put = [(Id(), new byte[100])] })));
        server.Time.Advance(TimeSpan.FromDays(400));
        Assert.Equal(
            new SweepReport(0, 0, 0, 0, 0, 0, false), await server.Service.Sweeper.SweepAsync(TimeSpan.Zero, default));
        var audit = await server.Service.Audit.RunAsync(default);
        Assert.True(audit.IsSound);
        Assert.Equal(1, audit.Accounts);
    }

    [Fact]
    public async Task An_older_version_goes_after_thirty_days_and_the_current_one_stays()
    {
        await using var server = await TestService.OpenAsync();
        using var phone = TestAuthority.Device(_random);
        var account = await CreateAsync(server, phone);
        var id = Id();
        for (var version = 0; version < 3; version++)
            await server.CommitAsync(
                account, phone, account.Commit(phone, new AccountChange { Put = [(id, [(byte)version])] }));

        server.Time.Advance(TimeSpan.FromDays(Limits.OldVersionDays) - TimeSpan.FromMinutes(1));
        Assert.Equal(0, (await server.Service.Sweeper.SweepAsync(Day, default)).OldVersions);
        server.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(2, (await server.Service.Sweeper.SweepAsync(Day, default)).OldVersions);
        using var open = await server.PassAsync(account, phone);
        Assert.Empty(await server.Service.Vaults.ReadVersionsAsync(open, id, default));
        Assert.Empty((await server.Service.Audit.RunAsync(default)).OrphanRows);
        Assert.NotNull(
            await server.Service.Vaults.FindItemAsync(open, account.Now.Manifest.Manifest.Find(id)!.Hash, default));
    }

    [Fact]
    public async Task A_creation_that_died_before_its_data_goes_with_its_claims_and_can_be_made_anew()
    {
        await using var server = await TestService.OpenAsync();
        using var phone = TestAuthority.Device(_random);
        using var code = TestAuthority.Code(_random);
        var account = TestAccount.Begin(_random, phone, [code]);
        await server.CreateAsync(account);
        await LoseDataAsync(server, KeyRowState.Pending);
        var unfinished = await server.Service.Audit.RunAsync(default);
        Assert.Equal(1, unfinished.Pending);

        server.Time.Advance(Day + TimeSpan.FromHours(1));
        var report = await server.Service.Sweeper.SweepAsync(Day, default);
        Assert.Equal((1, 3), (report.PendingAccounts, report.Lookups));
        Assert.Empty((await server.Service.Audit.RunAsync(default)).OrphanRows);
        Assert.IsType<Outcome<Heads>.Done>(await server.CreateAsync(account));
    }

    [Fact]
    public async Task A_lost_vault_is_never_swept()
    {
        await using var server = await TestService.OpenAsync();
        using var phone = TestAuthority.Device(_random);
        await server.CreateAsync(TestAccount.Begin(_random, phone, []));
        await LoseDataAsync(server, KeyRowState.Live);
        server.Time.Advance(TimeSpan.FromDays(400));
        Assert.Equal(
            new SweepReport(0, 0, 0, 0, 0, 0, false), await server.Service.Sweeper.SweepAsync(TimeSpan.Zero, default));
        Assert.Equal(1, (await server.Service.Audit.RunAsync(default)).VaultsLost);
    }

    [Theory]
    [InlineData(OrphanAccounts.BrakeFloor, false)]
    [InlineData(OrphanAccounts.BrakeFloor + 1, true)]
    public async Task Data_without_a_key_row_go_when_they_are_few_and_stop_the_sweep_when_they_are_many(
        int accounts, bool stopped)
    {
        await using var server = await TestService.OpenAsync();
        for (var i = 0; i < accounts; i++)
        {
            using var phone = TestAuthority.Device(_random);
            await server.CreateAsync(TestAccount.Begin(_random, phone, []), $"user {i}");
        }
        await foreach (var row in server.Keys.ScanAsync(Table.KeyRows, default))
            await server.Keys.WriteAsync([new RowWrite.Remove(row.Key)], default);

        server.Time.Advance(Day + TimeSpan.FromHours(1));
        var report = await server.Service.Sweeper.SweepAsync(Day, default);
        Assert.Equal(stopped, report.Stopped);
        Assert.Equal(stopped ? 0 : accounts, report.OrphanAccounts);
        Assert.Equal(
            stopped, (await server.Service.Audit.RunAsync(default)).OrphanRows.ContainsKey(Table.Accounts.Name));
    }

    private async Task<TestAccount> CreateAsync(TestService server, TestAuthority phone)
    {
        var account = TestAccount.Begin(_random, phone, []);
        Assert.IsType<Outcome<Heads>.Done>(await server.CreateAsync(account));
        return account;
    }

    private async Task<byte[]> StageAsync(
        TestService server, TestAccount account, TestAuthority phone, byte[]? again = null)
    {
        using var vault = account.Open(phone);
        var item = again ?? SealedItem.Seal(
            vault.Keys.Current, new ItemHeader(account.Now.Account, Id(), 1, vault.Keys.Current.Epoch, default),
            "item", new byte[100], _random);
        using var open = await server.PassAsync(account, phone);
        Assert.IsType<Outcome<Hash256>.Done>(
            await server.Service.Staging.PutAsync(open, Hash256.Of(item), item, default));
        return item;
    }

    // What a crash between the stores, or a lost disk, leaves: a key row, and no data.
    private static async Task LoseDataAsync(TestService server, KeyRowState state)
    {
        foreach (var table in new[] {
            Table.Accounts, Table.Links, Table.Keysets, Table.Manifests, Table.Items, Table.History, Table.Trails,
        })
            await foreach (var row in server.Data.ScanAsync(table, default))
                await server.Data.WriteAsync([new RowWrite.Remove(row.Key)], default);
        await foreach (var row in server.Keys.ScanAsync(Table.KeyRows, default))
            await server.Keys.WriteAsync(
                [new RowWrite.Replace(row, (KeyRow.Decode(row.Value) with { State = state }).Encode())], default);
    }

    private ItemId Id()
    {
        var id = new byte[16];
        _random.Fill(id);
        return new ItemId(id);
    }
}
