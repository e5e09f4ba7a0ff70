using KeyRecovery.Service.Tables;

namespace KeyRecovery.Storage.Sqlite.Options;

/// <summary>Where one store lies and how much may wait for its writer.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>The database file. Its folder holds one store and nothing else, and is made if it is missing.</summary>
    public required string Path { get; init; }

    /// <summary>How the file is journaled.</summary>
    public required JournalProfile Journal { get; init; }

    /// <summary>The tables that there are; those of this program by default.</summary>
    public TableRegistry Tables { get; init; } = TableRegistry.Default;

    /// <summary>Writes that may wait before others are refused as busy. 1 to 65,536; 1,024 by default.</summary>
    public int QueueLimit { get; init; } = 1024;

    /// <summary>Bytes of values that may wait. A single write is always let in. 64 MiB by default.</summary>
    public long QueueBytes { get; init; } = 64 << 20;

    /// <summary>The most writes in one commit. 1 to 65,536; 256 by default.</summary>
    public int BatchLimit { get; init; } = 256;

    /// <summary>Bytes of values after which a commit takes no further write. 8 MiB by default.</summary>
    public long BatchBytes { get; init; } = 8 << 20;

    /// <summary>Whether to open it although a restore has not ended: to end it, and for nothing else.</summary>
    public bool IsRestoring { get; init; }

    /// <summary>Whether to open it although a move has left it: to read it, and for nothing else.</summary>
    public bool MayBeLeft { get; init; }

    /// <summary>For tests where no small disk can be had: the most pages, asked for when a writer opens.</summary>
    internal Func<long>? PageLimit { get; init; }

    /// <summary>For the control of tests that look for remnants, and for nothing else.</summary>
    internal bool LeavesRemnants { get; init; }

    internal SqliteStoreOptions Checked()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Path);
        Demand(QueueLimit, 1, 65_536, nameof(QueueLimit));
        Demand(BatchLimit, 1, 65_536, nameof(BatchLimit));
        Demand(QueueBytes, 1, long.MaxValue, nameof(QueueBytes));
        Demand(BatchBytes, 1, long.MaxValue, nameof(BatchBytes));
        return this with { Path = System.IO.Path.GetFullPath(Path) };
    }

    private static void Demand(long value, long lowest, long highest, string name)
    {
        if (value < lowest || value > highest)
            throw new ArgumentOutOfRangeException(name, value, $"{name} is {lowest} to {highest}");
    }
}
