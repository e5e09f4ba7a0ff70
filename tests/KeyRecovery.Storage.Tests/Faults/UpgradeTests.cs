using System.Globalization;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Faults;

/// <summary>
/// A store of an older schema gets what came since and keeps what it has. The newer program is this one with a table
/// more.
/// </summary>
public sealed class UpgradeTests : IDisposable
{
    private static readonly Table Later = Table.Of(
        200, "later", StoreKind.Keys, RowsOf.Server, TableRegistry.Default.SchemaOf(StoreKind.Keys) + 1);
    private static readonly TableRegistry Newer = TableRegistry.Default.With(Later);
    private static readonly RowKey Old = new(Table.KeyRows, new byte[] { 10, 11 });
    private static readonly RowKey New = new(Later, new byte[] { 1 });

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_older_key_store_opens_gains_the_new_table_and_keeps_its_rows()
    {
        await MakeOldAsync();
        for (var opening = 0; opening < 2; opening++)
        {
            await using var pair = await OpenNewerAsync(_folder);
            Assert.False(pair.IsNew);
            var old = await pair.Keys.ReadAsync(Old, CancellationToken.None);
            Assert.Equal((1, "C0FFEE"), (old!.Version, Convert.ToHexString(old.Value.Span)));
            if (opening == 0)
                Assert.IsType<WriteResult.Written>(
                    await pair.Keys.WriteAsync([new RowWrite.Create(New, new byte[] { 9 })], CancellationToken.None));
            Assert.NotNull(await pair.Keys.ReadAsync(New, CancellationToken.None));
        }

        Assert.Equal(Newer.SchemaOf(StoreKind.Keys), VersionOf(_folder.KeyPath));
        Assert.Equal(Newer.SchemaOf(StoreKind.Data), VersionOf(_folder.DataPath));
    }

    [Fact]
    public async Task An_upgraded_file_is_the_same_as_one_that_is_made_today()
    {
        await MakeOldAsync();
        await using (await OpenNewerAsync(_folder)) { }
        using var fresh = new StoreFolder();
        await using (await OpenNewerAsync(fresh)) { }
        Assert.Equal(StatementsOf(fresh.KeyPath), StatementsOf(_folder.KeyPath));
    }

    [Fact]
    public async Task The_older_program_refuses_an_upgraded_file_by_name()
    {
        await MakeOldAsync();
        await using (await OpenNewerAsync(_folder)) { }
        var refused = await Assert.ThrowsAsync<StoreOpenException>(_folder.OpenAsync);
        Assert.StartsWith($"{_folder.KeyPath} was made by a newer version", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_refused_is_not_upgraded()
    {
        await MakeOldAsync();
        File.Delete(_folder.DataPath);
        await Assert.ThrowsAsync<StoreOpenException>(() => OpenNewerAsync(_folder));
        Assert.Equal(TableRegistry.Default.SchemaOf(StoreKind.Keys), VersionOf(_folder.KeyPath));
    }

    [Fact]
    public async Task A_file_from_before_the_first_release_is_refused_by_name_and_left_as_it_is()
    {
        await MakeOldAsync();
        using (var connection = Connection.Open(_folder.KeyPath, writable: true))
            connection.Execute("PRAGMA user_version=3");
        var refused = await Assert.ThrowsAsync<StoreOpenException>(_folder.OpenAsync);
        Assert.StartsWith($"{_folder.KeyPath} was made before KeyRecovery's first release", refused.Message,
            StringComparison.Ordinal);
        Assert.Equal(3, VersionOf(_folder.KeyPath));
    }

    private async Task MakeOldAsync()
    {
        await using var pair = await _folder.OpenAsync();
        await pair.Keys.WriteAsync([new RowWrite.Create(Old, Convert.FromHexString("C0FFEE"))], CancellationToken.None);
    }

    private static Task<SqliteStorePair> OpenNewerAsync(StoreFolder folder) =>
        folder.OpenAsync(options => options with { Tables = Newer });

    private static long VersionOf(string path)
    {
        using var connection = Connection.Open(path, writable: true);
        return long.Parse(connection.Scalar("PRAGMA user_version")!, CultureInfo.InvariantCulture);
    }

    private static List<string> StatementsOf(string path)
    {
        using var connection = Connection.Open(path, writable: true);
        return connection.Column("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name");
    }
}
