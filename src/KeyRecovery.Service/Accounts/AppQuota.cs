namespace KeyRecovery.Service.Accounts;

/// <summary>How much an app may have at this server: the operator's word, and no policy that the log tells.</summary>
/// <param name="Accounts">The most accounts; null for no quota.</param>
/// <param name="Bytes">The sealed sizes of all that its accounts keep, in bytes; null for no quota.</param>
public sealed record AppQuota(long? Accounts, long? Bytes)
{
    /// <summary>No quota.</summary>
    public static AppQuota None { get; } = new(null, null);

    /// <summary>Whether there is none.</summary>
    public bool IsNone => this is { Accounts: null, Bytes: null };
}
