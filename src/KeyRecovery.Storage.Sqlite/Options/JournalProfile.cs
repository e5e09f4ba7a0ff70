namespace KeyRecovery.Storage.Sqlite.Options;

/// <summary>How a file is journaled: the two stores promise different things.</summary>
public enum JournalProfile
{
    /// <summary>Write-ahead log, one flush a commit; readers never meet the writer.</summary>
    Data,

    /// <summary>
    /// Rollback journal, deleted and flushed with its folder in each commit: what is deleted is in no file once the
    /// commit returns. (A write-ahead log keeps it until a TRUNCATE checkpoint that one open reader prevents.)
    /// </summary>
    Keys,
}
