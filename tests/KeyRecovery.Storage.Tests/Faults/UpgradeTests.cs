using System.Globalization;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Faults;

/// <summary>A key store of an older schema gets what came since and keeps what it has.</summary>
public sealed class UpgradeTests : IDisposable
{
    // The statements by which version 1 made the file, written out: the code that made it is gone.
    private const string VersionOne = """
        BEGIN IMMEDIATE;
        CREATE TABLE meta(name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE key_rows(version INTEGER NOT NULL, written_hour INTEGER NOT NULL, id BLOB NOT NULL UNIQUE, value BLOB NOT NULL);
        CREATE TABLE subjects(version INTEGER NOT NULL, written_hour INTEGER NOT NULL, id BLOB NOT NULL UNIQUE, value BLOB NOT NULL);
        CREATE TABLE slots(version INTEGER NOT NULL, written_hour INTEGER NOT NULL, id BLOB NOT NULL UNIQUE, value BLOB NOT NULL);
        CREATE TABLE secrets(version INTEGER NOT NULL, written_hour INTEGER NOT NULL, id BLOB NOT NULL UNIQUE, value BLOB NOT NULL);
        INSERT INTO meta(name, value) SELECT 'pair', value FROM now.meta WHERE name = 'pair';
        INSERT INTO meta(name, value) VALUES('complete', x'01');
        INSERT INTO key_rows(id, version, written_hour, value) VALUES(x'0a0b', 7, 480000, x'c0ffee');
        INSERT INTO secrets(id, version, written_hour, value) VALUES(x'73', 1, 480000, x'5ec2e7');
        PRAGMA application_id=0x4B524B45;
        PRAGMA user_version=1;
        COMMIT;
        """;

    private static readonly RowKey Old = new(Table.KeyRows, new byte[] { 10, 11 });
    private static readonly RowKey New = new(Table.RealmSlots, new byte[] { 1 });

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_key_store_of_version_1_opens_gains_the_realms_tables_and_keeps_its_rows()
    {
        await MakeVersionOneAsync();
        for (var opening = 0; opening < 2; opening++)
        {
            await using var pair = await _folder.OpenAsync();
            Assert.False(pair.IsNew);
            var old = await pair.Keys.ReadAsync(Old, CancellationToken.None);
            Assert.Equal((7, "C0FFEE"), (old!.Version, Convert.ToHexString(old.Value.Span)));
            if (opening == 0)
                Assert.IsType<WriteResult.Written>(await pair.Keys.WriteAsync([new RowWrite.Create(New, new byte[] { 9 })], CancellationToken.None));
            Assert.NotNull(await pair.Keys.ReadAsync(New, CancellationToken.None));
            Assert.Null(await pair.Keys.ReadAsync(new RowKey(Table.RealmSubjects, new byte[] { 1 }), CancellationToken.None));
        }

        Assert.Equal(Schema.VersionOf(JournalProfile.Keys), VersionOf(_folder.KeyPath));
    }

    [Fact]
    public async Task An_upgraded_file_is_the_same_as_one_that_is_made_today()
    {
        await MakeVersionOneAsync();
        await using (await _folder.OpenAsync()) { }
        using var fresh = new StoreFolder();
        await using (await fresh.OpenAsync()) { }
        Assert.Equal(StatementsOf(fresh.KeyPath), StatementsOf(_folder.KeyPath));
    }

    [Fact]
    public async Task A_file_that_is_refused_is_not_upgraded()
    {
        await MakeVersionOneAsync();
        File.Delete(_folder.DataPath);
        await Assert.ThrowsAsync<StoreOpenException>(_folder.OpenAsync);
        Assert.Equal(1, VersionOf(_folder.KeyPath));
    }

    private async Task MakeVersionOneAsync()
    {
        await using (await _folder.OpenAsync()) { }
        var now = _folder.KeyPath + ".now";
        File.Move(_folder.KeyPath, now);
        await File.WriteAllBytesAsync(_folder.KeyPath, []);
        using (var connection = Connection.Open(_folder.KeyPath, writable: true))
        {
            connection.Execute($"ATTACH '{now}' AS now");
            connection.Execute(VersionOne);
        }

        File.Delete(now);
        Assert.Equal(1, VersionOf(_folder.KeyPath));
    }

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
