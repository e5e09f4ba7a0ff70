namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// Names of items that begin with <c>~</c> belong to KeyRecovery (docs/protocol.md §19): no app stores or removes one
/// by name, and none is listed. One that this program does not know stays as it is.
/// </summary>
public static class ReservedName
{
    /// <summary>The item of the seeds of the account's own keys.</summary>
    public const string Identity = "~identity";

    /// <summary>What the names of items begin with that hold the seeds of before: with a number behind it.</summary>
    public const string IdentityBefore = Identity + ".";

    /// <summary>Whether a name belongs to KeyRecovery.</summary>
    public static bool Is(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith('~');
    }
}
