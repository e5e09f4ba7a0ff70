using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Moves;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos;
using KeyRecovery.Storage.Cosmos.Options;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Stores.Cosmos;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Storage.Tests.Moves;

/// <summary>Two files with rows, and two accounts with nothing.</summary>
internal sealed class MoveWorld : IDisposable
{
    private static readonly ServerClock Clock = new(TimeProvider.System);

    private readonly StoreFolder _folder = new();
    private readonly EmulatedCosmos _emulator;

    public MoveWorld(EmulatedCosmos emulator)
    {
        _emulator = emulator;
        To = Accounts();
    }

    /// <summary>The databases' name.</summary>
    public string Name { get; } = $"test-{Guid.NewGuid():N}";

    public SqliteStoreHome From => new(
        _folder.DataPath, _folder.KeyPath, SystemRandom.Instance, Clock, NullLoggerFactory.Instance);

    public CosmosStoreHome To { get; }

    public StoreFolder Folder => _folder;

    public void Dispose() => _folder.Dispose();

    /// <summary>The same accounts by another way, or in other databases.</summary>
    public CosmosStoreHome Accounts(
        Func<HttpMessageHandler, HttpMessageHandler>? between = null, RequestLimits? limits = null,
        string suffix = "") =>
        _emulator.Home(Name + suffix, SystemRandom.Instance, Clock, null, between, limits);

    public CosmosAccountOptions Account(StoreKind kind) => _emulator.Account(kind, Name);

    public StoreMove Move(CosmosStoreHome? to = null, IProgress<MoveProgress>? progress = null) =>
        new(From, to ?? To, TableRegistry.Default, SystemRandom.Instance, 4, progress);

    /// <summary>Writes rows of every table, of many versions and hours.</summary>
    public async Task FillAsync(int each = 2, params Table[] tables)
    {
        await using var pair = await From.OpenAsync();
        foreach (var table in tables.Length > 0 ? tables : [.. TableRegistry.Default.All])
            for (var i = 0; i < each; i++)
                await PutAsync(pair, new Row(
                    new RowKey(table, SystemRandom.Bytes(32)), SystemRandom.Bytes(90 + (i * 400)), 1 + (i * 3),
                    400_000 + i));
    }

    public static async Task PutAsync(IStoreSet pair, Row row) => Assert.IsType<WriteResult.Written>(
        await Of(pair, row.Key.Table).WriteAsync([new RowWrite.Import(row)], default));

    public static IRowStore Of(IStoreSet pair, Table table) =>
        table.Store == StoreKind.Data ? pair.Data : pair.Keys;

    /// <summary>All rows of a pair, in words that tell everything but the token.</summary>
    public static async Task<List<string>> RowsAsync(IStoreHome home, bool withEphemeral = true)
    {
        var rows = new List<string>();
        await using var pair = await home.OpenToReadAsync();
        foreach (var table in TableRegistry.Default.All.Where(table => withEphemeral || !table.IsEphemeral))
            await foreach (var row in Of(pair, table).ScanAsync(table, default))
                rows.Add($"{table} {Convert.ToHexString(row.Key.Id.Span)} {row.Version} {row.WrittenHour} "
                    + Convert.ToHexString(row.Value.Span));
        rows.Sort(StringComparer.Ordinal);
        return rows;
    }

    public static async Task OpensAsync(IStoreHome home)
    {
        await using var pair = await home.OpenAsync();
    }

    public static async Task RefusedAsync<T>(Func<Task> open, params string[] because) where T : Exception
    {
        var refusal = await Assert.ThrowsAsync<T>(open);
        Assert.All(because, part => Assert.Contains(part, refusal.Message, StringComparison.Ordinal));
    }
}
