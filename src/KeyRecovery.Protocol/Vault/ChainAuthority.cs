using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>An authority as the chain knows it.</summary>
/// <param name="Entry">As its link added it.</param>
/// <param name="AddedAt">The link that added it.</param>
/// <param name="AddedBy">Who signed that link.</param>
/// <param name="AddedTime">The time that link tells, in seconds since 1970.</param>
/// <param name="RemovedAt">The link that removed it; null while it is active.</param>
public sealed record ChainAuthority(
    NewAuthority Entry, ulong AddedAt, AuthorityId AddedBy, ulong AddedTime, ulong? RemovedAt)
{
    /// <summary>Its id.</summary>
    public AuthorityId Id => Entry.Id;

    /// <summary>Its kind.</summary>
    public AuthorityKind Kind => Entry.Kind;

    /// <summary>Its Ed25519 key.</summary>
    public VerifyKey SigningKey => Entry.SigningKey;

    /// <summary>Whether it is a recovery slot and not a device.</summary>
    public bool IsSlot => Entry.Kind != AuthorityKind.Device;

    /// <summary>Whether it may act.</summary>
    public bool IsActive => RemovedAt is null;

    /// <summary>Whether it might act after a link of the chain.</summary>
    /// <param name="sequence">The link's.</param>
    public bool WasActiveAt(ulong sequence) => AddedAt <= sequence && !(RemovedAt <= sequence);
}
