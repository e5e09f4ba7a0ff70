using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Sqlite.Options;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Faults;

/// <summary>Durability and forgetting hang on settings that are off by default, and per connection.</summary>
public sealed class PragmaTests : IAsyncLifetime, IDisposable
{
    private readonly StoreFolder _folder = new();

    public async Task InitializeAsync() => await (await _folder.OpenAsync()).DisposeAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    private StoreFile File(JournalProfile profile) => new(new SqliteStoreOptions
    {
        Path = profile == JournalProfile.Data ? _folder.DataPath : _folder.KeyPath,
        Journal = profile,
    });

    [Theory]
    [InlineData(JournalProfile.Data, "wal", "2")]
    [InlineData(JournalProfile.Keys, "delete", "3")]
    public void Readers_and_writers_flush_and_forget_as_the_design_says(
        JournalProfile profile, string journal, string synchronous)
    {
        foreach (var open in new Func<Connection>[] { File(profile).OpenWriter, File(profile).OpenReader })
        {
            using var connection = open();
            Assert.Equal(journal, connection.Scalar("PRAGMA journal_mode"));
            Assert.Equal(synchronous, connection.Scalar("PRAGMA synchronous"));
            Assert.Equal("1", connection.Scalar("PRAGMA secure_delete"));
        }
    }

    [Fact]
    public void A_reader_of_a_file_in_another_journal_mode_is_refused()
    {
        using (var connection = Connection.Open(_folder.KeyPath, writable: true))
            connection.Execute("PRAGMA journal_mode=WAL");
        var refusal = Assert.Throws<StoreOpenException>(File(JournalProfile.Keys).OpenReader);
        Assert.Contains("journal_mode should be DELETE and is wal", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_writer_that_cannot_have_its_journal_mode_is_refused()
    {
        using var reader = Connection.Open(_folder.DataPath, writable: true);
        reader.Execute("BEGIN");
        reader.Scalar("SELECT count(*) FROM items");
        // Leaving the write-ahead log needs the file for oneself; SQLite answers with the mode that stays.
        var wrong = new StoreFile(new SqliteStoreOptions { Path = _folder.DataPath, Journal = JournalProfile.Keys });
        Assert.ThrowsAny<Exception>(wrong.OpenWriter);
    }

    [Fact]
    public void A_reader_cannot_write()
    {
        using var connection = File(JournalProfile.Data).OpenReader();
        Assert.Throws<SqliteFaultException>(() => connection.Execute("DELETE FROM items"));
    }
}
