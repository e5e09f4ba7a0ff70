using System.Diagnostics;
using System.Text;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>The key that manages a passphrase slot at one realm.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="Realm">The realm's name, 1–255 bytes of UTF-8.</param>
/// <param name="ManagementSeed">The seed of its Ed25519 key, 32 bytes.</param>
[DebuggerDisplay(Redacted.Text)]
public sealed record RealmKey(AuthorityId Slot, string Realm, SecretBytes ManagementSeed)
{
    /// <inheritdoc/>
    public override string ToString() => Redacted.Text;

    /// <summary>
    /// The order in which a manifest lists them: by slot, then by the realm's name in bytes of UTF-8.
    /// </summary>
    internal static int Compare(RealmKey a, RealmKey b) =>
        a.Slot.CompareTo(b.Slot) is var order and not 0
            ? order
            : Encoding.UTF8.GetBytes(a.Realm).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b.Realm));
}
