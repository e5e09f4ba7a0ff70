using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Protocol.Realms;

/// <summary>One action with what it needs.</summary>
/// <param name="Action">The action.</param>
/// <param name="Head">The newest link, with <see cref="RealmAction.Head"/> only.</param>
/// <param name="ManagementKey">The new management key, with <see cref="RealmAction.Key"/> only.</param>
public sealed record RealmCommand(RealmAction Action, ChainPlace? Head = null, VerifyKey? ManagementKey = null)
{
    /// <summary>Reads the status.</summary>
    public static RealmCommand Status { get; } = new(RealmAction.Status);

    /// <summary>Pauses.</summary>
    public static RealmCommand Pause { get; } = new(RealmAction.Pause);

    /// <summary>Resumes.</summary>
    public static RealmCommand Resume { get; } = new(RealmAction.Resume);

    /// <summary>Deletes.</summary>
    public static RealmCommand Delete { get; } = new(RealmAction.Delete);

    /// <summary>Tells the newest link.</summary>
    public static RealmCommand TellHead(ChainPlace head) => new(RealmAction.Head, head);

    /// <summary>Replaces the management key.</summary>
    public static RealmCommand ReplaceKey(VerifyKey key) => new(RealmAction.Key, ManagementKey: key);
}
