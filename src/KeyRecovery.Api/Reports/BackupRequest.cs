namespace KeyRecovery.Api.Reports;

/// <summary>Asks for a backup set.</summary>
/// <param name="Verb"><c>backup</c>.</param>
/// <param name="To">Where sets are kept: an absolute path.</param>
/// <param name="DataOnly">Whether to leave the keys out.</param>
/// <param name="KeysOnly">Whether to leave the data out: small, so that it can be made every hour.</param>
/// <param name="ExpiresAfterDays">When the keys in it expire; null for what the options say.</param>
/// <param name="DeleteExpired">Whether this server's sets of the keys alone there are deleted once expired.</param>
internal sealed record BackupRequest(
    string Verb, string To, bool DataOnly = false, bool KeysOnly = false, int? ExpiresAfterDays = null,
    bool DeleteExpired = false);
