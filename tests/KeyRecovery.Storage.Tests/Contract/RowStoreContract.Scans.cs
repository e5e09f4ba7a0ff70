using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Storage.Tests.Contract;

public abstract partial class RowStoreContract
{
    private Task<List<byte[]>> Scan() => Ids(Store.ScanAsync(First, CancellationToken.None));

    private Task<List<byte[]>> ScanOwner(params byte[] owner) =>
        Ids(Store.ScanOwnerAsync(First, owner, CancellationToken.None));

    private Task<List<byte[]>> ListOwner(params byte[] owner) =>
        Ids(Store.ListOwnerAsync(First, owner, CancellationToken.None));

    private static async Task<List<byte[]>> Ids(IAsyncEnumerable<Row> rows)
    {
        List<byte[]> ids = [];
        await foreach (var row in rows) ids.Add(row.Key.Id.ToArray());
        // A scan has no order.
        return [.. ids.OrderBy(Convert.ToHexString, StringComparer.Ordinal)];
    }

    private async Task Fill(params byte[][] ids)
    {
        foreach (var id in ids) await Written(new RowWrite.Create(Key(id), id));
        await Written(new RowWrite.Ensure(new RowKey(Second, new byte[] { 2, 2, 2 }), One));
    }

    [ContractFact]
    public async Task An_owner_has_all_ids_that_begin_so_and_no_others()
    {
        await Fill([1, 0xFF], [2], [2, 0], [2, 0xFF, 0xFF], [3], [0xFF], [0xFF, 0xFF], [0xFF, 0xFF, 7]);
        Assert.Equal<byte[]>([[2], [2, 0], [2, 0xFF, 0xFF]], await ScanOwner(2));
        Assert.Equal<byte[]>([[2, 0xFF, 0xFF]], await ScanOwner(2, 0xFF));
        Assert.Equal<byte[]>([[0xFF, 0xFF], [0xFF, 0xFF, 7]], await ScanOwner(0xFF, 0xFF));
        Assert.Empty(await ScanOwner(2, 1));
        Assert.Equal(8, (await ScanOwner()).Count);
    }

    [ContractFact]
    public async Task The_longest_id_of_the_highest_bytes_is_found()
    {
        var last = Enumerable.Repeat((byte)0xFF, RowKey.MaxIdSize).ToArray();
        await Fill(last);
        Assert.Equal<byte[]>([last], await Scan());
        Assert.Equal<byte[]>([last], await ScanOwner(last));
    }

    [ContractFact]
    public async Task Scans_cross_their_pages_without_a_gap_or_a_repeat()
    {
        byte[][] ids = [.. Enumerable.Range(0, 1_000).Select(i => new byte[] { 7, (byte)(i >> 8), (byte)(i & 0xFF) })];
        await Write([.. ids.Select(id => new RowWrite.Create(Key(id), id))]);
        Assert.Equal<byte[]>(ids, await Scan());
        Assert.Equal<byte[]>(ids, await ScanOwner(7));
        Assert.Equal<byte[]>(ids[256..512], await ScanOwner(7, 1));
    }

    [ContractFact]
    public async Task Scans_of_large_values_cross_their_pages_too()
    {
        byte[][] ids = [.. Enumerable.Range(0, 9).Select(i => new[] { (byte)(i & 0xFF) })];
        foreach (var id in ids) await Written(new RowWrite.Create(Key(id), SystemRandom.Bytes(300_000)));
        Assert.Equal<byte[]>(ids, await Scan());
    }

    [ContractFact]
    public async Task Rows_come_from_a_scan_whole()
    {
        await Written(new RowWrite.Create(Key(1), One));
        await foreach (var row in Store.ScanAsync(First, CancellationToken.None))
        {
            var read = (await Read(Key(1)))!;
            Assert.Equal(read, row with { Value = read.Value });
            Assert.Equal(One, row.Value.ToArray());
        }
    }

    [ContractFact]
    public async Task A_list_tells_which_rows_an_owner_has_without_their_values_and_is_good_for_deleting_them()
    {
        await Fill([1, 1], [2, 0], [2, 9], [3]);
        Assert.Equal<byte[]>([[2, 0], [2, 9]], await ListOwner(2));
        Assert.Equal(4, (await ListOwner()).Count);
        await foreach (var row in Store.ListOwnerAsync(First, new byte[] { 2 }, CancellationToken.None))
        {
            Assert.True(row.Value.IsEmpty);
            var read = await Get(row.Key);
            Assert.Equal((read.Token, read.Version, read.WrittenHour), (row.Token, row.Version, row.WrittenHour));
            await Written(new RowWrite.Delete(row));
        }

        Assert.Equal<byte[]>([[1, 1], [3]], await Scan());
    }

    [ContractFact]
    public async Task Writing_while_a_scan_is_open_waits_for_nobody()
    {
        byte[][] ids = [.. Enumerable.Range(0, 300).Select(i => new byte[] { (byte)(i >> 8), (byte)(i & 0xFF) })];
        await Write([.. ids.Select(id => new RowWrite.Create(Key(id), id))]);
        var seen = 0;
        await foreach (var row in Store.ScanAsync(First, CancellationToken.None))
        {
            await Written(new RowWrite.Delete(row));
            seen++;
        }

        Assert.Equal(300, seen);
        Assert.Empty(await Scan());
    }

    [ContractFact]
    public async Task A_cancelled_scan_ends()
    {
        await Fill([1], [2]);
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Ids(Store.ScanAsync(First, cancel.Token)));
    }

    [ContractTheory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(500)]
    public async Task Pages_of_an_owner_have_each_row_once_whatever_comes_goes_and_is_written_meanwhile(int limit)
    {
        byte[][] ids = [.. Enumerable.Range(0, 20).Select(i => OwnerId(1, (byte)i))];
        await Fill([.. ids, OwnerId(0, 3), OwnerId(2, 3)]);
        var (seen, at, pages) = (new List<byte[]>(), ReadOnlyMemory<byte>.Empty, 0);
        do
        {
            var page = Assert.IsType<RowPage>(await Page(1, at, limit));
            Assert.InRange(page.Rows.Length, 0, limit);
            seen.AddRange(page.Rows.Select(row => row.Key.Id.ToArray()));
            Assert.All(page.Rows, row => Assert.Equal(row.Key.Id.ToArray(), row.Value.ToArray()));
            at = page.Next;
            if (pages++ > 0 || at.IsEmpty) continue;
            // One that was told goes, one is written again on each side, and one comes.
            await Written(new RowWrite.Delete(page.Rows[0]));
            foreach (var id in new[] { ids[0], ids[19] })
                if (await Read(Key(id)) is { } row) await Written(new RowWrite.Replace(row, id));
            await Written(new RowWrite.Create(Key(OwnerId(1, 99)), OwnerId(1, 99)));
        }
        while (!at.IsEmpty);

        Assert.Equal(seen.Count, seen.DistinctBy(Convert.ToHexString).Count());
        Assert.Empty(ids.Select(Convert.ToHexString).Except(seen.Select(Convert.ToHexString)));
        Assert.True(seen.Count <= 21 && (limit < 20) == (pages > 1));
    }

    [ContractFact]
    public async Task A_place_that_the_store_has_not_told_is_none_and_an_owner_without_rows_has_an_empty_page()
    {
        await Fill(OwnerId(1, 1), OwnerId(1, 2));
        foreach (var at in new byte[][] { [0], [9, 9, 9], [.. "an old place"u8] }) Assert.Null(await Page(1, at, 5));
        var none = Assert.IsType<RowPage>(await Page(5, default, 5));
        Assert.Equal((0, 0), (none.Rows.Length, none.Next.Length));
    }

    private static byte[] OwnerId(byte owner, byte number) => [.. Enumerable.Repeat(owner, 16), number];

    private ValueTask<RowPage?> Page(byte owner, ReadOnlyMemory<byte> at, int limit) => Store.PageAsync(
        First, Enumerable.Repeat(owner, 16).ToArray(), at, limit, CancellationToken.None);
}
