using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Rotation;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Tables;

/// <summary>
/// A table that nobody thought of when erasure, sweep, check, snapshot and re-wrap were written: all of them know it,
/// because they ask the registry.
/// </summary>
public sealed class AddedTableTests
{
    private static readonly Table Drafts =
        Table.Of(200, "drafts", StoreKind.Data, RowsOf.Account, Table.FirstSchema + 1);
    private static readonly Table Pins = Table.Of(201, "pins", StoreKind.Keys, RowsOf.Realm, Table.FirstSchema + 1);
    private static readonly Table Names = Table.Of(202, "names", StoreKind.Keys, RowsOf.Lookup, Table.FirstSchema + 1);
    private static readonly TableRegistry Registry =
        TableRegistry.Default.With(Drafts).With(Pins, WrappedPin).With(Names);

    private readonly TestRandom _random = new(5);

    [Fact]
    public async Task An_erasure_deletes_its_rows()
    {
        await using var server = await OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        var (account, phone, _) = await server.NewAccountAsync(_random, "anna");
        await DraftAsync(server, account, phone);
        Assert.Equal(1, await server.CountAsync(Drafts));
        await server.RequestErasureAsync(account, phone);
        await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal(Errors.ErrorCode.Erased, (await server.RefusedAsync(account, phone)).Code);
        Assert.Equal(0, await server.CountAsync(Drafts));
    }

    [Fact]
    public async Task The_check_counts_its_rows_and_the_sweep_removes_those_that_nothing_names()
    {
        await using var server = await OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "anna");
        await DraftAsync(server, account, phone);
        Assert.Equal(1, (await server.Service.Audit.RunAsync(default)).OrphanRows[Drafts.Name]);
        server.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(1, (await server.Service.Sweeper.SweepAsync(TimeSpan.FromDays(1), default)).Leftovers);
        Assert.Equal(0, await server.CountAsync(Drafts));
        Assert.Empty((await server.Service.Audit.RunAsync(default)).OrphanRows);
    }

    [Fact]
    public async Task The_sweep_takes_it_with_an_account_whose_key_is_gone_and_a_lookup_in_it_that_leads_nowhere()
    {
        await using var server = await OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "anna");
        await DraftAsync(server, account, phone);
        using var lookups = new Lookups(server.LookupKey, _random);
        await server.Keys.WriteAsync(
            [lookups.Create(new RowKey(Names, _random.Bytes(32)), new AccountId(_random.Bytes(16)))], default);
        await foreach (var row in server.Keys.ScanAsync(Table.KeyRows, default))
            await server.Keys.WriteAsync([new RowWrite.Remove(row.Key)], default);
        server.Time.Advance(TimeSpan.FromDays(2));
        await server.Service.Sweeper.SweepAsync(TimeSpan.FromDays(1), default);
        Assert.Equal(0, await server.CountAsync(Drafts, Names));
    }

    [Fact]
    public async Task A_rotation_moves_what_is_wrapped_in_it_and_counts_it()
    {
        await using var server = await OpenAsync();
        var (key, secret) = (new RowKey(Pins, _random.Bytes(32)), _random.Bytes(KekBox.SecretSize));
        using (var lease = server.Ring.Wrap())
            await server.Keys.WriteAsync(
                [new RowWrite.Create(key, Pin(lease.Kek.Id, KekBox.Wrap(lease.Kek, key, secret, _random)))], default);
        var before = server.Ring.Current.Id;
        Assert.Equal(
            1, (await server.Service.RingAudit.RunAsync(default)).Keks.Single(k => k.Standing.Id == before).Rows);
        Assert.IsType<RotationOutcome.Done>(await server.Service.Rotation.RunAsync(begin: true, null, default));
        var moved = WrappedPin((await server.Keys.ReadAsync(key, default))!)!;
        Assert.Equal(server.Ring.Current.Id, moved.Kek);
        var opened = new byte[KekBox.SecretSize];
        Assert.True(KekBox.TryUnwrap(server.Ring, moved.Kek, key, moved.Wrapped.Span, opened));
        Assert.Equal(secret, opened);
    }

    [Fact]
    public async Task A_snapshot_of_the_keys_carries_it()
    {
        await using var server = await OpenAsync();
        var value = _random.Bytes(50);
        await server.Keys.WriteAsync([new RowWrite.Create(new RowKey(Names, _random.Bytes(32)), value)], default);
        Assert.Contains(Names, Registry.InSnapshots);
        Assert.DoesNotContain(Registry.InSnapshots, table => table.IsEphemeral);
        Assert.Contains(Table.Leases, Registry.All);
        var stored = new List<byte[]>();
        foreach (var table in Registry.InSnapshots)
        {
            await foreach (var row in server.Keys.ScanAsync(table, default))
                if (SnapshotRecord.Decode(new SnapshotRecord.Stored(row).Encode(), Registry)
                    is SnapshotRecord.Stored(var read)) stored.Add(read.Value.ToArray());
        }

        Assert.Contains(stored, row => row.SequenceEqual(value));
        // This program, which does not know the table, refuses such a snapshot instead of dropping the row.
        var record = new SnapshotRecord.Stored(new Row(new RowKey(Names, new byte[32]), value, 1, 1)).Encode();
        Assert.Throws<WireFormatException>(() => SnapshotRecord.Decode(record));
    }

    [Fact]
    public void Each_table_has_a_number_and_a_name_of_its_own()
    {
        var all = TableRegistry.Default.All;
        Assert.Equal(all.Length, all.Select(t => t.Number).Distinct().Count());
        Assert.Equal(all.Length, all.Select(t => t.Name).Distinct().Count());
        Assert.All(all, table => Assert.Same(table, TableRegistry.Default.Find((ulong)table.Number)));
        Assert.Null(TableRegistry.Default.Find(200));
        Assert.ThrowsAny<ArgumentException>(
            () => Registry.With(Table.Of(200, "again", StoreKind.Data, RowsOf.Account, 4)));
    }

    private Task<TestService> OpenAsync() => TestService.OpenAsync(
        Directory.CreateTempSubdirectory("keyrecovery-tables-").FullName, _random, tables: Registry);

    private static async Task DraftAsync(TestService server, TestAccount account, TestAuthority phone)
    {
        using var open = await server.PassAsync(account, phone);
        var key = new RowKey(Drafts, (byte[])[.. open.Rows.Locator.Span, 1, 2, 3]);
        Assert.IsType<WriteResult.Written>(await server.Data.WriteAsync([open.Rows.Ensure(key, [4, 5, 6])], default));
    }

    private static byte[] Pin(KekId kek, byte[] wrapped) =>
        new CborOut().Array(2).UInt(kek.Value).Bytes(wrapped).ToArray();

    private static WrappedRow? WrappedPin(Row row)
    {
        var reader = new CborIn(row.Value);
        reader.Array(2);
        var (kek, wrapped) = (new KekId((uint)reader.UInt()), reader.Bytes(1, 128));
        return new WrappedRow(row, kek, wrapped, Pin);
    }
}
