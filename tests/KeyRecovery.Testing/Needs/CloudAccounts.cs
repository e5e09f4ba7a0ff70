namespace KeyRecovery.Testing.Needs;

/// <summary>Accounts of a cloud that tests may use, where somebody has said so.</summary>
public static class CloudAccounts
{
    /// <summary>
    /// Connection strings (<c>AccountEndpoint=…;AccountKey=…</c>) of a data store's and a key store's account; null
    /// where there are none. Tests make databases in them, and delete them.
    /// </summary>
    public static (string Data, string Keys)? Cosmos =>
        (Environment.GetEnvironmentVariable("KEYRECOVERY_COSMOS"),
            Environment.GetEnvironmentVariable("KEYRECOVERY_COSMOS_KEYS"))
        is ({ Length: > 0 } data, { Length: > 0 } keys) ? (data, keys) : null;
}
