using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using Microsoft.Data.Sqlite;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>
/// Data that are lost, damaged or of an older day: nobody is erased by mistake, and nobody's damage holds up others.
/// </summary>
public sealed class ErasureDamageTests
{
    private readonly TestRandom _random = new(17);

    [Fact]
    public async Task An_asker_that_is_removed_while_it_asks_is_told_so_and_nothing_is_erased()
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        var (account, phone, code) = await server.NewAccountAsync(_random, "user");
        using var open = await server.PassAsync(account, phone);
        var next = TestAuthority.Device(_random);
        await server.CommitAsync(
            account, code, account.Commit(code, new AccountChange { Add = [next], Remove = [phone] }));
        var asked = await server.Service.Erasures.RequestAsync(open, 0, default);
        Assert.Equal(ErrorCode.Revoked, Assert.IsType<Outcome<ErasureStatus>.Failed>(asked).Failure.Code);
        Assert.Equal(0, (await server.Service.Erasures.ResumeAsync(default)).Erased);
        (await server.PassAsync(account, next)).Dispose();
    }

    [Trait("Store", "Files")]
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_asker_that_was_removed_erases_nothing_also_when_the_data_of_before_are_restored(bool restored)
    {
        var server = await TestService.OpenAsync();
        var (account, phone, code) = await server.NewAccountAsync(_random, "anna");
        var thief = TestAuthority.Device(_random);
        Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange { Add = [thief] })));
        server.Time.Advance(TimeSpan.FromHours(73));
        Assert.Equal(ErasureState.Held, (await server.RequestErasureAsync(account, thief)).State);
        Assert.True(await server.Data.ForgetAsync(default));
        var copy = server.StorePath + ".before";
        File.Copy(server.StorePath, copy);
        Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(account, code, account.Commit(code, new AccountChange { Remove = [thief] })));
        if (restored)
        {
            Assert.True(await server.Data.ForgetAsync(default));
            await server.CloseAsync();
            File.Copy(copy, server.StorePath, overwrite: true);
            server = await TestService.OpenAsync(server.Folder, _random);
            server.Time.Advance(TimeSpan.FromHours(73));
        }

        server.Time.Advance(TimeSpan.FromHours(80));
        var report = await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal((0, restored ? 1 : 0), (report.Erased, report.Pending));
        if (restored) Assert.Equal(ErrorCode.RepairRequired, (await server.RefusedAsync(account, phone)).Code);
        else (await server.PassAsync(account, phone)).Dispose();

        // Operators ask for a person, not for a chain.
        await server.FileErasuresAsync("anna");
        Assert.Equal(1, (await server.Service.Erasures.ResumeAsync(default)).Erased);
        Assert.Equal(ErrorCode.Erased, (await server.RefusedAsync(account, phone)).Code);
        Assert.Equal(0, await server.CountAsync(Table.Slots, Table.Subjects, Table.Links));
        await server.DisposeAsync();
    }

    [Trait("Store", "Files")]
    [Theory]
    [InlineData("accounts")]
    [InlineData("links")]
    public async Task A_damaged_account_holds_up_nobody_and_an_operator_erases_it_all_the_same(string table)
    {
        await using var server = await TestService.OpenAsync();
        var people = new List<(TestAccount Account, TestAuthority Phone, TestAuthority Code)>();
        for (var i = 0; i < 3; i++) people.Add(await server.NewAccountAsync(_random, $"user {i}"));
        for (var i = 0; i < 3; i++) await server.RequestErasureAsync(people[i].Account, people[i].Phone);
        Damage(server, table, await LocatorAsync(server, people[1]));
        server.Time.Advance(TimeSpan.FromHours(73));
        var report = await server.Service.Erasures.ResumeAsync(default);
        var held = table == "accounts" ? 1 : 0;
        Assert.Equal((3 - held, held), (report.Erased, report.Pending));
        Assert.Equal(held != 0, report.Problem is not null);

        var job = await server.FileErasuresAsync("user 1");
        Assert.Equal(held, (await server.Service.Erasures.ResumeAsync(default)).Erased);
        Assert.Equal(0, (await server.JobAsync(job)).Pending);
        foreach (var (account, phone, _) in people)
            Assert.Equal(ErrorCode.Erased, (await server.RefusedAsync(account, phone)).Code);
        Assert.Equal(0, await server.CountAsync(Table.Slots, Table.Subjects, Table.Links, Table.Items));
    }

    [Trait("Store", "Files")]
    [Fact]
    public async Task A_line_whose_lookup_is_damaged_stays_pending_and_the_lines_after_it_are_done()
    {
        await using var server = await TestService.OpenAsync();
        for (var i = 0; i < 2; i++) await server.NewAccountAsync(_random, $"user {i}");
        var whole = await KeyValueAsync(server, 0);
        var job = await server.FileErasuresAsync("user 0", "user 1", "nobody");
        Change(server, "keys", "subjects", whole.Id, [.. whole.Value[..^1], (byte)(whole.Value[^1] ^ 1)]);
        var report = await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal((1, 1), (report.Erased, report.Pending));
        Assert.Equal([LineOutcome.Pending, LineOutcome.Erased, LineOutcome.Unknown],
            (await server.JobAsync(job)).Outcomes.Select(o => o.Outcome));

        Change(server, "keys", "subjects", whole.Id, whole.Value);
        Assert.Equal(1, (await server.Service.Erasures.ResumeAsync(default)).Erased);
        Assert.Equal([LineOutcome.Erased, LineOutcome.Erased, LineOutcome.Unknown],
            (await server.JobAsync(job)).Outcomes.Select(o => o.Outcome));
    }

    [Trait("Store", "Files")]
    [Fact]
    public async Task An_erasure_that_does_not_open_keeps_the_sweep_from_nobody_elses()
    {
        await using var server = await TestService.OpenAsync();
        for (var i = 0; i < 3; i++)
        {
            var (account, phone, _) = await server.NewAccountAsync(_random, $"user {i}");
            await server.RequestErasureAsync(account, phone);
            Assert.IsType<Outcome<bool>.Done>(await server.CancelErasureAsync(account, phone));
        }

        // The account is told of it, and the log has it, before anything goes.
        await server.LogAsync();
        // A scan comes to it first.
        var rows = new List<Row>();
        await foreach (var row in server.Keys.ScanAsync(Table.Erasures, default)) rows.Add(row);
        var first = rows.MinBy(row => Convert.ToHexString(row.Key.Id.Span))!;
        Change(server, "keys", "erasures", first.Key.Id.ToArray(),
            [.. first.Value.ToArray()[..^1], (byte)(first.Value.Span[^1] ^ 1)]);

        server.Time.Advance(TimeSpan.FromDays(3));
        await server.Service.Sweeper.SweepAsync(TimeSpan.FromHours(24), default);
        Assert.Equal((3, 1), (rows.Count, await server.CountAsync(Table.Erasures)));
        Assert.NotNull(await server.Keys.ReadAsync(first.Key, default));
    }

    private static async Task<byte[]> LocatorAsync(
        TestService server, (TestAccount Account, TestAuthority Phone, TestAuthority Code) person)
    {
        using var open = await server.PassAsync(person.Account, person.Phone);
        return open.Rows.Locator.ToArray();
    }

    private static async Task<(byte[] Id, byte[] Value)> KeyValueAsync(TestService server, int user)
    {
        var key = new KeyRecovery.Service.Rows.RowIds(server.LookupKey)
            .Subject(new AppUser(TestAccount.DefaultApp, "issuer", $"user {user}"));
        var row = (await server.Keys.ReadAsync(key, default))!;
        return (row.Key.Id.ToArray(), row.Value.ToArray());
    }

    // A byte on the medium that is not what was written.
    private static void Damage(TestService server, string table, byte[] locator)
    {
        using var store = new SqliteConnection($"Data Source={server.StorePath};Pooling=False");
        store.Open();
        using var write = store.CreateCommand();
        write.CommandText =
            $"UPDATE {table} SET value = CAST(substr(value, 1, length(value) - 1) || x'00' AS BLOB) WHERE substr(id, "
            + "1, 16) = $locator";
        write.Parameters.AddWithValue("$locator", locator);
        Assert.NotEqual(0, write.ExecuteNonQuery());
    }

    private static void Change(TestService server, string file, string table, byte[] id, byte[] value)
    {
        using var store =
            new SqliteConnection($"Data Source={Path.Combine(server.Folder, file, file + ".db")};Pooling=False");
        store.Open();
        using var write = store.CreateCommand();
        write.CommandText = $"UPDATE {table} SET value = $value WHERE id = $id";
        write.Parameters.AddWithValue("$value", value);
        write.Parameters.AddWithValue("$id", id);
        Assert.Equal(1, write.ExecuteNonQuery());
    }
}
