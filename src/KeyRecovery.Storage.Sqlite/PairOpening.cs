using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Storage.Sqlite;

/// <summary>
/// Finds out whether two files are a pair, or makes them one. The key store comes first and remembers when the data
/// store is there as well: so a creation that was cut short is taken up again, and a lost file is told from one that
/// never was.
/// </summary>
internal static class PairOpening
{
    /// <summary>The pair's id, and whether it was made just now.</summary>
    /// <exception cref="StoreOpenException">The files are not a pair, or one is lost, foreign or newer.</exception>
    public static (byte[] PairId, bool IsNew) Join(StoreFile data, StoreFile keys, IRandom random)
    {
        var dataPair = Identify(data);
        var keyPair = Identify(keys);
        if (keyPair is null)
        {
            if (dataPair is not null) throw Throw.Lost(data.Options.Path, keys.Options.Path, keys.Role);
            keyPair = new byte[Schema.PairIdSize];
            random.Fill(keyPair);
            Make(keys, keyPair);
        }

        using var keyFile = keys.OpenWriter();
        var isNew = !Schema.IsComplete(keyFile);
        if (dataPair is null)
        {
            if (!isNew) throw Throw.Lost(keys.Options.Path, data.Options.Path, data.Role);
            Make(data, keyPair);
        }
        else if (!dataPair.AsSpan().SequenceEqual(keyPair))
        {
            throw Throw.ForeignPair(data.Options.Path, keys.Options.Path);
        }

        if (isNew) Schema.SetComplete(keyFile);
        return (keyPair, isNew);
    }

    private static byte[]? Identify(StoreFile file)
    {
        if (!file.HasContent) return null;
        PrivateFiles.Restrict(file.Options.Path);
        using var connection = file.OpenBare();
        return file.Schema.Identify(connection, file.Options.Path);
    }

    private static void Make(StoreFile file, byte[] pairId)
    {
        PrivateFiles.Touch(file.Options.Path);
        using var connection = file.OpenWriter();
        file.Schema.Create(connection, pairId);
    }
}
