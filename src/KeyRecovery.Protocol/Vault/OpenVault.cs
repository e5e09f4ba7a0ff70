using System.Collections.Immutable;
using System.Diagnostics;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// A verified vault with its epoch keys and sealed part opened, on the device of one of its authorities.
/// </summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class OpenVault : IDisposable
{
    internal OpenVault(VerifiedVault vault, EpochKeys keys, ManifestPrivate opened)
    {
        Vault = vault;
        Keys = keys;
        Private = opened;
    }

    /// <summary>What was verified.</summary>
    public VerifiedVault Vault { get; }

    /// <summary>The current and all earlier epoch keys.</summary>
    public EpochKeys Keys { get; }

    /// <summary>Names, and keys that only authorities hold.</summary>
    public ManifestPrivate Private { get; }

    /// <summary>The authorities that could not recover, because their seal is bad; empty where all is well.</summary>
    public ImmutableArray<AuthorityId> FindBadSeals() => Vault.Keyset.FindBadSeals(Keys.Current);

    /// <summary>Checks an item against its entry and opens it.</summary>
    /// <returns>The content and no fault, or null and why.</returns>
    public (byte[]? Content, ProtocolFault Fault) OpenItem(ManifestItem entry, ReadOnlySpan<byte> sealedItem)
    {
        if (entry.Check(Vault.Account, sealedItem) is var fault and not ProtocolFault.None) return (null, fault);
        if (Keys.Find(entry.Epoch) is not { } key) return (null, ProtocolFault.EpochCommit);
        return SealedItem.Open(key, sealedItem) is { } content
            ? (content, ProtocolFault.None) : (null, ProtocolFault.ItemSeal);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Keys.Dispose();
        Private.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => Redacted.Text;
}
