using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Storage.Tests.Contract;

/// <summary>What every store promises, whatever it is made of.</summary>
public abstract partial class RowStoreContract : IAsyncLifetime
{
    private static readonly byte[] One = [1, 1, 1];
    private static readonly byte[] Two = [2, 2];

    protected abstract Table First { get; }

    protected abstract Table Second { get; }

    protected abstract Table Foreign { get; }

    private IRowStore Store { get; set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public abstract Task DisposeAsync();

    protected abstract Task<IRowStore> OpenAsync();

    private RowKey Key(params byte[] id) => new(First, id);

    private ValueTask<WriteResult> Write(params RowWrite[] writes) => Store.WriteAsync(writes, CancellationToken.None);

    private ValueTask<Row?> Read(RowKey key) => Store.ReadAsync(key, CancellationToken.None);

    private ValueTask<Row?> Head(RowKey key) => Store.HeadAsync(key, CancellationToken.None);

    private async Task Written(params RowWrite[] writes) => Assert.IsType<WriteResult.Written>(await Write(writes));

    private async Task Refused(int index, params RowWrite[] writes) =>
        Assert.Equal(new WriteResult.Refused(index), await Write(writes));

    private async Task Holds(RowKey key, byte[] value, long version)
    {
        var row = await Read(key);
        Assert.NotNull(row);
        Assert.Equal(key, row.Key);
        Assert.Equal(value, row.Value.ToArray());
        Assert.Equal(version, row.Version);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 3600;
        Assert.InRange(row.WrittenHour, now - 1, now);
        var head = await Head(key);
        Assert.NotNull(head);
        Assert.Equal((key, version, row.Token), (head.Key, head.Version, head.Token));
        Assert.Equal(0, head.Value.Length);
    }

    private async Task<Row> Get(RowKey key) =>
        await Read(key) ?? throw new InvalidOperationException("the row is not there");

    private async Task Lacks(RowKey key)
    {
        Assert.Null(await Read(key));
        Assert.Null(await Head(key));
    }

    [ContractFact]
    public Task A_row_that_was_never_written_is_absent() => Lacks(Key(1));

    [ContractFact]
    public async Task Create_writes_version_1_and_is_refused_where_a_row_is()
    {
        await Written(new RowWrite.Create(Key(1), One));
        await Holds(Key(1), One, 1);
        await Refused(0, new RowWrite.Create(Key(1), Two));
        await Holds(Key(1), One, 1);
    }

    [ContractFact]
    public async Task Ensure_writes_version_1_and_what_it_finds_it_writes_again()
    {
        await Written(new RowWrite.Ensure(Key(1), One));
        var first = await Get(Key(1));
        await Written(new RowWrite.Replace(first, Two));
        await Written(new RowWrite.Ensure(Key(1), One));
        await Holds(Key(1), One, 1);
        // Whoever was about to delete or replace what stood there before is too late.
        await Refused(0, new RowWrite.Delete(first));
        await Refused(0, new RowWrite.Replace(first, Two));
    }

    [ContractFact]
    public async Task Import_writes_a_row_as_it_was_elsewhere_and_is_refused_where_one_is()
    {
        var row = new Row(Key(1), One, 7, 400_000, default);
        await Written(new RowWrite.Import(row));
        var there = await Get(Key(1));
        Assert.Equal((7, 400_000), (there.Version, there.WrittenHour));
        Assert.Equal(One, there.Value.ToArray());
        await Refused(1, new RowWrite.Ensure(Key(2), One), new RowWrite.Import(row with { Value = Two }));
        Assert.Equal(there, (await Get(Key(1))) with { Key = there.Key, Value = there.Value });
        // From here on it is a row like any other.
        await Written(new RowWrite.Replace(there, Two));
        await Holds(Key(1), Two, 8);
    }

    [ContractFact]
    public async Task Replace_demands_the_row_as_it_was_read_and_counts_its_version_up()
    {
        await Written(new RowWrite.Create(Key(1), One));
        var first = await Get(Key(1));
        await Written(new RowWrite.Replace(first, Two));
        await Holds(Key(1), Two, 2);
        await Refused(0, new RowWrite.Replace(first, One));
        await Written(new RowWrite.Replace(await Get(Key(1)), One));
        await Holds(Key(1), One, 3);
        await Written(new RowWrite.Remove(Key(1)));
        await Refused(0, new RowWrite.Replace(first, One));
        await Lacks(Key(1));
    }

    [ContractFact]
    public async Task Delete_demands_the_row_as_it_was_read()
    {
        await Written(new RowWrite.Create(Key(1), One));
        var first = await Get(Key(1));
        await Written(new RowWrite.Replace(first, Two));
        await Refused(0, new RowWrite.Delete(first));
        await Holds(Key(1), Two, 2);
        var second = await Get(Key(1));
        await Written(new RowWrite.Delete(second));
        await Lacks(Key(1));
        await Refused(0, new RowWrite.Delete(second));
    }

    [ContractFact]
    public async Task A_row_that_comes_again_is_another_writing_also_where_version_and_value_are_the_same()
    {
        await Written(new RowWrite.Create(Key(1), One));
        var old = await Get(Key(1));
        await Written(new RowWrite.Remove(Key(1)), new RowWrite.Create(Key(1), One));
        await Holds(Key(1), One, 1);
        Assert.NotEqual(old.Token, (await Get(Key(1))).Token);
        await Refused(0, new RowWrite.Delete(old));
        await Refused(0, new RowWrite.Replace(old, Two));
        await Holds(Key(1), One, 1);
    }

    [ContractFact]
    public async Task Remove_deletes_what_is_there_and_is_never_refused()
    {
        await Written(new RowWrite.Create(Key(1), One));
        await Written(new RowWrite.Remove(Key(1)));
        await Lacks(Key(1));
        await Written(new RowWrite.Remove(Key(1)));
    }

    [ContractFact]
    public async Task A_refused_write_has_done_the_steps_before_the_one_that_it_names_and_none_behind_it()
    {
        await Written(new RowWrite.Create(Key(1), One), new RowWrite.Create(Key(2), One));
        var (first, second) = (await Get(Key(1)), await Get(Key(2)));
        await Refused(
            4,
            new RowWrite.Create(Key(9), Two),
            new RowWrite.Replace(first, Two),
            new RowWrite.Remove(Key(2)),
            new RowWrite.Ensure(new RowKey(Second, Key(9).Id), Two),
            new RowWrite.Create(Key(1), One),
            new RowWrite.Delete(second),
            new RowWrite.Create(Key(8), One));
        await Holds(Key(9), Two, 1);
        await Holds(new RowKey(Second, Key(9).Id), Two, 1);
        await Holds(Key(1), Two, 2);
        await Lacks(Key(2));
        await Lacks(Key(8));
    }

    [ContractFact]
    public async Task Each_step_sees_what_the_steps_before_it_did()
    {
        await Written(new RowWrite.Create(Key(1), One));
        var first = await Get(Key(1));
        await Refused(1, new RowWrite.Replace(first, Two), new RowWrite.Replace(first, One));
        await Holds(Key(1), Two, 2);
        await Written(new RowWrite.Remove(Key(1)), new RowWrite.Create(Key(1), One), new RowWrite.Ensure(Key(1), Two));
        await Holds(Key(1), Two, 1);
    }

    [ContractFact]
    public async Task Steps_of_any_order_are_all_done()
    {
        byte[][] ids = [.. Enumerable.Range(0, 40).Select(i => new byte[] { 9, (byte)i })];
        await Written(new RowWrite.Create(Key(1), One), new RowWrite.Create(Key(2), One));
        RowWrite[] writes = [new RowWrite.Remove(Key(1)), .. ids.Select(id => new RowWrite.Ensure(Key(id), id))];
        Assert.IsType<WriteResult.Written>(await Store.WriteAnyOrderAsync(writes, CancellationToken.None));
        Assert.IsType<WriteResult.Written>(await Store.WriteAnyOrderAsync([], CancellationToken.None));
        await Lacks(Key(1));
        foreach (var id in ids) await Holds(Key(id), id, 1);
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await Store.WriteAnyOrderAsync([new RowWrite.Remove(Key(2))], cancelled));
        await Holds(Key(2), One, 1);
    }

    [ContractFact]
    public Task A_write_of_no_steps_is_written() => Written();

    [ContractFact]
    public async Task The_same_id_in_two_tables_is_two_rows()
    {
        await Written(
            new RowWrite.Create(new RowKey(First, One), One), new RowWrite.Create(new RowKey(Second, One), Two));
        await Holds(new RowKey(First, One), One, 1);
        await Holds(new RowKey(Second, One), Two, 1);
    }

    [ContractTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(1_150_000)]
    public async Task Values_of_every_size_come_back_as_they_were(int size)
    {
        var value = SystemRandom.Bytes(size);
        var id = SystemRandom.Bytes(RowKey.MaxIdSize);
        await Written(new RowWrite.Create(Key(id), value));
        await Holds(Key(id), value, 1);
    }

    [ContractFact]
    public async Task A_table_of_the_other_store_is_a_callers_mistake()
    {
        var foreign = new RowKey(Foreign, One);
        await Assert.ThrowsAsync<ArgumentException>(async () => await Read(foreign));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Write(new RowWrite.Remove(foreign)));
    }

    [ContractFact]
    public async Task What_is_cancelled_before_it_begins_writes_nothing()
    {
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await Store.WriteAsync([new RowWrite.Create(Key(1), One)], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.ReadAsync(Key(1), cancelled));
        await Lacks(Key(1));
    }

    [ContractFact]
    public async Task A_thousand_increments_at_once_lose_none()
    {
        const int tasks = 20, each = 50;
        await Written(new RowWrite.Create(Key(1), BitConverter.GetBytes(0)));
        await Task.WhenAll(Enumerable.Range(0, tasks).Select(_ => Task.Run(async () =>
        {
            for (var done = 0; done < each;)
            {
                var row = (await Read(Key(1)))!;
                var next = BitConverter.GetBytes(BitConverter.ToInt32(row.Value.Span) + 1);
                if (await Write(new RowWrite.Replace(row, next)) is WriteResult.Written) done++;
            }
        })));
        await Holds(Key(1), BitConverter.GetBytes(tasks * each), (tasks * each) + 1);
    }
}
