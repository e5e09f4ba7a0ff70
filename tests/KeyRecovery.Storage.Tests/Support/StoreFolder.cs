using KeyRecovery.Service.Clocks;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Sqlite.Options;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Storage.Tests.Support;

/// <summary>A temporary folder for a pair of stores, gone at the end of the test.</summary>
public sealed class StoreFolder : IDisposable
{
    public StoreFolder() : this(Directory.CreateTempSubdirectory("keyrecovery-").FullName) { }

    public StoreFolder(string root)
    {
        Root = root;
        DataFolder = Path.Combine(root, "data");
        KeyFolder = Path.Combine(root, "keys");
    }

    public string Root { get; }

    public string DataFolder { get; }

    public string KeyFolder { get; }

    public string DataPath => Path.Combine(DataFolder, "data.db");

    public string KeyPath => Path.Combine(KeyFolder, "keys.db");

    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    public Task<SqliteStorePair> OpenAsync() => OpenAsync(options => options);

    public Task<SqliteStorePair> OpenAsync(Func<SqliteStoreOptions, SqliteStoreOptions> change) =>
        SqliteStorePair.OpenAsync(
            change(new SqliteStoreOptions { Path = DataPath, Journal = JournalProfile.Data }),
            change(new SqliteStoreOptions { Path = KeyPath, Journal = JournalProfile.Keys }),
            SystemRandom.Instance, new ServerClock(TimeProvider.System), Loggers);

    public void Dispose()
    {
        if (Directory.Exists(Root)) Directory.Delete(Root, recursive: true);
    }
}
