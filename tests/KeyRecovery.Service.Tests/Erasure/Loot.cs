using KeyRecovery.Protocol.Audit;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Service.Tests.Support;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>Copies of the three places, of whatever days, and all that whoever has them can make of them.</summary>
internal sealed class Loot : IAsyncDisposable
{
    private const int Window = 16;

    private readonly TestService _server;

    private Loot(TestService server) => _server = server;

    public TestService Server => _server;

    /// <summary>Puts copies together.</summary>
    /// <param name="data">The folder with the copy of the data store.</param>
    /// <param name="keys">That of the key store.</param>
    /// <param name="ring">That of ring and root key.</param>
    public static async Task<Loot> OpenAsync(string data, string keys, string ring)
    {
        var folder = Directory.CreateTempSubdirectory("keyrecovery-loot-").FullName;
        foreach (var (place, from) in new[] { ("data", data), ("keys", keys), ("ring", ring) })
            Copy(Path.Combine(from, place), Path.Combine(folder, place));
        return new Loot(await TestService.OpenAsync(folder, SystemRandom.Instance));
    }

    /// <summary>A copy of all three as they are, in a folder of the server's own.</summary>
    public static async Task<string> CopyAsync(TestService server)
    {
        Assert.True(await server.Data.ForgetAsync(default));
        var folder = Path.Combine(server.Folder, $"copy-{Directory.GetDirectories(server.Folder).Length}");
        foreach (var place in new[] { "data", "keys", "ring" })
            Copy(Path.Combine(server.Folder, place), Path.Combine(folder, place));
        return folder;
    }

    /// <summary>Tries every wrapped key under every KEK on every row of data: what opens, by the locators.</summary>
    public async Task<Dictionary<string, int>> OpenRowsAsync()
    {
        var opened = new Dictionary<string, int>();
        await foreach (var stored in _server.Keys.ScanAsync(Table.KeyRows, default))
        {
            foreach (var key in Unwrap(stored.Key, KeyRow.Decode(stored.Value).WrappedSubjectKey))
            {
                using var rows = new AccountRows(key, SystemRandom.Instance);
                foreach (var table in TableRegistry.Default.Of(StoreKind.Data))
                    await foreach (var row in _server.Data.ScanAsync(table, default))
                        if (Opens(rows, row))
                            opened[Hex(rows.Locator)] = opened.GetValueOrDefault(Hex(rows.Locator)) + 1;
            }
        }

        return opened;
    }

    /// <summary>How many of the realm's shares open.</summary>
    public async Task<int> OpenSharesAsync()
    {
        var opened = 0;
        await foreach (var stored in _server.Keys.ScanAsync(Table.RealmSlots, default))
            opened += Unwrap(stored.Key, RealmSlotRow.Decode(stored.Value).SealedShare).Count;
        return opened;
    }

    /// <summary>
    /// Every 16 bytes in a row of the key store, its seals opened: ids, values, lookups, erasures and their receipts.
    /// </summary>
    public async Task<HashSet<string>> TracesAsync()
    {
        using var lookups = new Lookups(_server.LookupKey, SystemRandom.Instance);
        using var erasures = new ErasureRows(_server.Keys, _server.LookupKey, SystemRandom.Instance);
        var traces = new HashSet<string>();
        foreach (var table in TableRegistry.Default.Of(StoreKind.Keys))
        {
            await foreach (var row in _server.Keys.ScanAsync(table, default))
            {
                Add(row.Key.Id.Span);
                Add(row.Value.Span);
                if (table.Rows == RowsOf.Lookup) Add(lookups.Open(row).ToArray());
                if (table == Table.Erasures) Add(erasures.Open(row).Encode());
                var receipt = table.Rows == RowsOf.KeyRow
                    ? await erasures.ReceiptAsync(new RowKey(Table.KeyRows, row.Key.Id[..32]), default) : default;
                if (!receipt.IsEmpty) Add(SignedErasureReceipt.Decode(receipt).Receipt.Subject.ToArray());
                if (table == Table.ErasurePlans
                    && (await erasures.ReadAsync(ErasurePlans.KeyRowOf(row), default)).Row?.Plan is { } name)
                    Add((await erasures.Plans.ReadAsync(ErasurePlans.KeyRowOf(row), name, default)).Locator.Span);
            }
        }

        return traces;

        void Add(ReadOnlySpan<byte> bytes)
        {
            for (var at = 0; at + Window <= bytes.Length; at++)
                traces.Add(Convert.ToHexString(bytes.Slice(at, Window)));
        }
    }

    public static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    private List<byte[]> Unwrap(RowKey row, ReadOnlyMemory<byte> wrapped)
    {
        var found = new List<byte[]>();
        var secret = new byte[KekBox.SecretSize];
        foreach (var kek in _server.Ring.Standings)
            if (KekBox.TryUnwrap(_server.Ring, kek.Id, row, wrapped.Span, secret)) found.Add([.. secret]);
        return found;
    }

    private static bool Opens(AccountRows rows, Row row)
    {
        try
        {
            return rows.Open(row).Length >= 0;
        }
        catch (Exception e) when (e is RowDamagedException or AccountErasedException)
        {
            return false;
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from).Where(f => new FileInfo(f).Length > 0))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
