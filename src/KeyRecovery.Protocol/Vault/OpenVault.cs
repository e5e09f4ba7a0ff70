using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;

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

    /// <summary>The current epoch key and those on its path.</summary>
    public EpochKeys Keys { get; }

    /// <summary>Names, and keys that only authorities hold.</summary>
    public ManifestPrivate Private { get; }

    /// <summary>
    /// The seals with which their authority could not recover, each with who made it; empty where all is well.
    /// </summary>
    public ImmutableArray<EpochSeal> FindBadSeals() => Vault.Keyset.FindBadSeals(Keys.Current);

    /// <summary>The entry of the item of a name, in whatever spelling; null where there is none.</summary>
    public ManifestItem? FindItem(string name) =>
        FindNote(name) is { } note ? Vault.Manifest.Manifest.Find(note.Id) : null;

    /// <summary>
    /// The note of the item of a name, in whatever spelling: another client may have written it as it was typed. Null
    /// where there is none.
    /// </summary>
    public ItemNote? FindNote(string name) =>
        Private.Items.FirstOrDefault(i => i.Name == name)
        ?? Private.Items.FirstOrDefault(i => GivenName.AreSame(i.Name, name));

    /// <summary>Checks an item against its entry and opens it.</summary>
    /// <returns>The content and no fault, or null and why.</returns>
    public (byte[]? Content, ProtocolFault Fault) OpenItem(ManifestItem entry, ReadOnlySpan<byte> sealedItem)
    {
        if (entry.Check(Vault.Account, sealedItem) is var fault and not ProtocolFault.None) return (null, fault);
        if (Keys.Find(entry.Epoch) is not { } key) return (null, ProtocolFault.EpochCommit);
        if (SealedItem.Open(key, sealedItem) is not { } item) return (null, ProtocolFault.ItemSeal);
        if (NameOf(entry.Id) is { } name && name != item.Name)
        {
            CryptographicOperations.ZeroMemory(item.Content);
            return (null, ProtocolFault.ItemName);
        }
        return (item.Content, ProtocolFault.None);
    }

    // A deleted item has none any more; its older versions tell their own.
    private string? NameOf(ItemId id) => Private.Items.FirstOrDefault(note => note.Id == id)?.Name;

    /// <inheritdoc/>
    public void Dispose()
    {
        Keys.Dispose();
        Private.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => Redacted.Text;
}
