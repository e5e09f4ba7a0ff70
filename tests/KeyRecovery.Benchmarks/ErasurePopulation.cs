using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using KeyRecovery.Testing;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// A store with accounts to erase among many that stay. The first are real; the others are rows of the same number and
/// sizes that open for nobody. All are written in one shuffled order, so that what is erased lies scattered as it
/// would.
/// </summary>
internal static class ErasurePopulation
{
    private const int ItemBytes = 256;
    private const int Chunk = 5_000;
    private const int LocatorSize = 16;

    private static readonly Table[] DataTables =
        [Table.Accounts, Table.Links, Table.Keysets, Table.Manifests, Table.Items, Table.History];
    private static readonly Table[] KeyTables = [Table.KeyRows, Table.Subjects, Table.Slots];

    /// <summary>Fills an empty folder with so many accounts, of which those returned are real.</summary>
    public static async Task<IReadOnlyList<ErasureAccount>> FillAsync(string folder, int real, int all)
    {
        await using var world = await ErasureWorld.OpenAsync(folder);
        var created = await CreateAsync(world, real);
        var data = (await ReadAsync(world.Data, DataTables))
            .GroupBy(r => Convert.ToHexString(r.Key.Id.Span[..LocatorSize])).Select(g => g.ToList()).ToList();
        var keys = await ReadAsync(world.Keys, KeyTables);
        var perTable = KeyTables.Select(t => keys.Where(r => r.Key.Table == t).ToList()).ToList();
        if (data.Count != real || perTable.Any(t => t.Count != real) || data.Exists(d => d.Exists(r => r.Version != 1)))
            throw new InvalidOperationException();
        var accounts = created.Select((c, i) => c with { Data = data[i], Keys = [.. perTable.Select(t => t[i])] })
            .ToList();
        await WriteAsync(world.Data, data.SelectMany(d => d), r => new RowWrite.Remove(r.Key));
        await WriteAsync(world.Keys, keys, r => new RowWrite.Remove(r.Key));

        var shuffled = accounts.Concat(Enumerable.Range(0, all - real).Select(i => Like(accounts[i % real]))).ToArray();
        RandomNumberGenerator.Shuffle<ErasureAccount>(shuffled);
        foreach (var chunk in shuffled.Chunk(Chunk))
        {
            await WriteAsync(world.Data, chunk.SelectMany(a => a.Data), r => new RowWrite.Create(r.Key, r.Value));
            await WriteAsync(world.Keys, chunk.SelectMany(a => a.Keys), r => new RowWrite.Create(r.Key, r.Value));
        }
        return accounts;
    }

    /// <summary>Copies the files of a folder that nobody has open.</summary>
    public static string Copy(string from, string to)
    {
        using var copy = Process.Start("cp", ["-a", from, to]);
        copy.WaitForExit();
        return copy.ExitCode == 0 ? to : throw new InvalidOperationException();
    }

    private static async Task<List<ErasureAccount>> CreateAsync(ErasureWorld world, int count)
    {
        var created = new ConcurrentBag<ErasureAccount>();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, ct) =>
        {
            var random = new TestRandom(i);
            var (phone, code) = (TestAuthority.Device(random), TestAuthority.Code(random));
            var account = TestAccount.Begin(
                random, phone, [code], ErasureWorld.App, (new ItemId(random.Bytes(16)), random.Bytes(ItemBytes)));
            var user = new AppUser(ErasureWorld.App, ErasureWorld.Issuer, $"user {i}");
            if (await world.Service.Accounts.CreateAsync(user, account.Commits[0], ct) is not Outcome<Heads>.Done)
                throw new InvalidOperationException();
            created.Add(
                new ErasureAccount(
                    user.Subject, KeyId.OfDevice(account.Now.Account, phone.Id), phone.Signing.PublicKey, [], []));
        });
        return [.. created];
    }

    private static async Task<List<Row>> ReadAsync(IRowStore store, Table[] tables)
    {
        var rows = new List<Row>();
        foreach (var table in tables)
            await foreach (var row in store.ScanAsync(table, default)) rows.Add(row);
        return rows;
    }

    private static async Task WriteAsync(IRowStore store, IEnumerable<Row> rows, Func<Row, RowWrite> write)
    {
        if (await store.WriteAsync([.. rows.Select(write)], default) is not WriteResult.Written)
            throw new InvalidOperationException();
    }

    private static ErasureAccount Like(ErasureAccount real)
    {
        var locator = RandomNumberGenerator.GetBytes(LocatorSize);
        return real with
        {
            Data = [.. real.Data.Select(r => r with
            {
                Key = new RowKey(r.Key.Table,
                    (byte[])[.. locator, .. RandomNumberGenerator.GetBytes(r.Key.Id.Length - LocatorSize)]),
                Value = RandomNumberGenerator.GetBytes(r.Value.Length),
            })],
            // A key row says under which KEK it is, and stays readable.
            Keys = [
                .. real.Keys.Select(
                    r => r with { Key = new RowKey(r.Key.Table, RandomNumberGenerator.GetBytes(r.Key.Id.Length)) }),
            ],
        };
    }
}
