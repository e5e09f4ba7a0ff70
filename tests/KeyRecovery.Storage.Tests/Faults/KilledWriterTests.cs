using System.Globalization;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Faults;

/// <summary>kill -9 in the middle of writing.</summary>
public sealed class KilledWriterTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_row_that_was_acknowledged_before_the_kill_is_there()
    {
        List<string> acknowledged = [];
        for (var round = 0; round < 5; round++)
        {
            using (var child = Child.Start("write", _folder.Root))
            {
                var enough = acknowledged.Count + 300 + (round * 137);
                while (acknowledged.Count < enough) acknowledged.Add((await child.ReadLineAsync())!);
                var rest = await child.KillAsync();
                // The last line may be half a line: then nobody was told.
                acknowledged.AddRange(rest.Split('\n').SkipLast(1).Where(line => line.Length > 0));
            }

            await using var pair = await _folder.OpenAsync();
            Assert.True((await pair.CheckAsync()).IsSound);
            foreach (var line in acknowledged)
            {
                var parts = line.Split(' ');
                var id = Convert.FromHexString(parts[2]);
                await Holds(pair, parts[0], id, ChildRows.LargeSize);
                await Holds(pair, parts[1], id, ChildRows.SmallSize);
            }
        }

        Assert.Contains(acknowledged, line => line.StartsWith("5 ", StringComparison.Ordinal));
        Assert.Contains(acknowledged, line => line.StartsWith("66 ", StringComparison.Ordinal));
    }

    private static async Task Holds(Sqlite.SqliteStorePair pair, string number, byte[] id, int size)
    {
        var table = TableRegistry.Default.Find(ulong.Parse(number, CultureInfo.InvariantCulture))!;
        IRowStore store = table.Store == StoreKind.Data ? pair.Data : pair.Keys;
        var row = await store.ReadAsync(new RowKey(table, id), CancellationToken.None);
        Assert.Equal(ChildRows.Value(id, size), row?.Value.ToArray());
    }
}
