using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Operators;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Operators;

/// <summary>The day of an account's last use: what counts, what it costs, and that nothing depends on it.</summary>
public sealed class LastUseTests
{
    private readonly TestRandom _random = new(74);

    [Fact]
    public async Task A_device_and_a_code_are_a_use_and_the_day_is_written_once()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, code) = await server.NewAccountAsync(_random, "used");
        var made = Today(server);
        Assert.Equal(made, await UsedOnAsync(server, account));
        foreach (var who in new[] { phone, code })
        {
            server.Time.Advance(TimeSpan.FromDays(3));
            (await server.PassAsync(account, who)).Dispose();
            Assert.Equal(Today(server), await UsedOnAsync(server, account));
            var written = (await KeyRowAsync(server, account)).Token;
            (await server.PassAsync(account, who)).Dispose();
            Assert.Equal(written, (await KeyRowAsync(server, account)).Token);
        }

        Assert.Equal(made.AddDays(6), await UsedOnAsync(server, account));
    }

    [Fact]
    public async Task Strangers_operators_and_the_server_itself_use_nothing()
    {
        await using var server = await TestService.OpenAsync();
        var (account, _, _) = await server.NewAccountAsync(_random, "left");
        var made = Today(server);
        server.Time.Advance(TimeSpan.FromDays(40));
        await server.RefusedAsync(account, TestAuthority.Device(_random));
        await server.Service.Desk.PageAsync(TestAccount.DefaultApp, null, 5, default);
        await server.Service.Desk.SuspendAsync(TestAccount.DefaultApp, account.Now.Account, default);
        await server.LogAsync();
        await server.Service.Sweeper.SweepAsync(TimeSpan.FromDays(1), default);
        await server.Service.Rotation.RunAsync(begin: true, null, default);
        await server.Service.Audit.RunAsync(default);
        Assert.Equal(made, await UsedOnAsync(server, account));
    }

    [Fact]
    public async Task A_clock_that_was_set_back_takes_no_day_away()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "back");
        server.Time.Advance(TimeSpan.FromDays(5));
        (await server.PassAsync(account, phone)).Dispose();
        var used = Today(server);
        server.Time.Set(-TimeSpan.FromDays(400));
        (await server.PassAsync(account, phone)).Dispose();
        Assert.Equal(used, await UsedOnAsync(server, account));
    }

    [Fact]
    public async Task What_cannot_be_written_keeps_nobody_out_and_is_not_tried_again_at_once()
    {
        var keys = (UnwritableKeys?)null;
        await using var server = await TestService.OpenAsync(
            Directory.CreateTempSubdirectory("keyrecovery-use-").FullName, _random,
            between: store => keys = new UnwritableKeys(store));
        var (account, phone, _) = await server.NewAccountAsync(_random, "full");
        var made = Today(server);
        server.Time.Advance(TimeSpan.FromDays(1));
        keys!.Answer = new WriteResult.Unavailable(0, StoreFault.Full);
        for (var i = 0; i < 3; i++) (await server.PassAsync(account, phone)).Dispose();
        Assert.Equal((1, made), (keys.Asked, await UsedOnAsync(server, account)));

        // Somebody else wrote the row: the next one looks anew, and at once.
        server.Time.Advance(TimeSpan.FromMinutes(6));
        keys.Answer = new WriteResult.Refused(0);
        for (var i = 0; i < 3; i++) (await server.PassAsync(account, phone)).Dispose();
        Assert.Equal((4, made), (keys.Asked, await UsedOnAsync(server, account)));

        keys.Answer = null;
        (await server.PassAsync(account, phone)).Dispose();
        Assert.Equal(made.AddDays(1), await UsedOnAsync(server, account));
    }

    [Fact]
    public async Task Many_at_once_on_two_instances_are_all_let_in_and_a_commit_between_them_stands()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "busy");
        for (var day = 0; day < 5; day++)
        {
            server.Time.Advance(TimeSpan.FromDays(1));
            var commit = account.Commit(
                phone, new AccountChange { Put = [(new ItemId(_random.Bytes(16)), _random.Bytes(50))] });
            var committed = server.CommitAsync(account, phone, commit);
            var passed = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
                (i % 2 == 0 ? server.Service : server.Other).Gate.PassAsync(
                    KeyId.OfDevice(account.Now.Account, phone.Id), key => key == phone.Signing.PublicKey, default)
                    .AsTask())));
            foreach (var one in passed) Assert.IsType<GateResult.Open>(one).Account.Dispose();
            Assert.IsType<Outcome<Heads>.Done>(await committed);
            (await server.PassAsync(account, phone)).Dispose();
            Assert.Equal(Today(server), await UsedOnAsync(server, account));
        }

        Assert.Empty((await server.Service.Audit.RunAsync(default)).Damaged);
    }

    [Fact]
    public async Task It_goes_with_the_account()
    {
        await using var server = await TestService.OpenAsync();
        var (account, _, _) = await server.NewAccountAsync(_random, "gone");
        Assert.NotEqual(0UL, KeyRow.Decode((await KeyRowAsync(server, account)).Value).UsedOn);
        await server.FileErasuresAsync("gone");
        await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal(0UL, KeyRow.Decode((await KeyRowAsync(server, account)).Value).UsedOn);
        Assert.Null(await UsedOnAsync(server, account));
    }

    [Fact]
    public async Task A_row_of_before_is_read_without_a_day_and_the_next_use_writes_one()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "old");
        var stored = await KeyRowAsync(server, account);
        var now = stored.Value.ToArray();
        // The label's version, the number of fields, and the day at the end: three bytes, as of year 2026.
        var (fields, version) = (Table.KeyRows.LeadingKeySize, Table.KeyRows.LeadingKeySize + 9);
        Assert.Equal((0x8A, 4, 0x19), (now[fields], now[version], now[^3]));
        var before = now[..^3];
        (before[fields], before[version]) = (0x89, 3);
        await server.Keys.WriteAsync([new RowWrite.Replace(stored, before)], default);
        Assert.Null(await UsedOnAsync(server, account));
        (await server.PassAsync(account, phone)).Dispose();
        Assert.Equal(Today(server), await UsedOnAsync(server, account));

        // What is of neither is of nobody.
        before[version] = 4;
        Assert.Throws<WireFormatException>(() => KeyRow.Decode(before));
        before[version] = 2;
        Assert.Throws<WireFormatException>(() => KeyRow.Decode(before));
    }

    private static DateOnly Today(TestService server) => DateOnly.FromDateTime(server.Time.GetUtcNow().UtcDateTime);

    private static async Task<DateOnly?> UsedOnAsync(TestService server, TestAccount account) =>
        Assert.IsType<Outcome<AccountReport>.Done>(await server.Service.Desk.ReadAsync(
            TestAccount.DefaultApp, account.Now.Account, default)).Value.UsedOn;

    private static async Task<Row> KeyRowAsync(TestService server, TestAccount account) =>
        (await server.Keys.ReadAsync(new RowIds(server.LookupKey).KeyRow(account.Now.Account), default))!;

    private sealed class UnwritableKeys(IKeyStore store) : PassingStore(store), IKeyStore
    {
        /// <summary>What becomes of each write of a key row; null for what the store says.</summary>
        public WriteResult? Answer { get; set; }

        public int Asked { get; private set; }

        public override ValueTask<WriteResult> WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct)
        {
            if (Answer is not { } answer || writes[0].Key.Table != Table.KeyRows) return base.WriteAsync(writes, ct);
            Asked++;
            return ValueTask.FromResult(answer);
        }
    }
}
