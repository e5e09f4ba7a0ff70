namespace KeyRecovery.Storage.Sqlite;

/// <summary>What SQLite's <c>integrity_check</c> found.</summary>
/// <param name="Data">Problems in the data store's file; empty if it is sound.</param>
/// <param name="Keys">Problems in the key store's file; empty if it is sound.</param>
public sealed record IntegrityReport(IReadOnlyList<string> Data, IReadOnlyList<string> Keys)
{
    /// <summary>Both files are sound.</summary>
    public bool IsSound => Data.Count == 0 && Keys.Count == 0;
}
