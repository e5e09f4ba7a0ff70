using System.Diagnostics;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>The key that manages a passphrase slot at one realm.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="Realm">The realm's name, 1–255 bytes of UTF-8.</param>
/// <param name="ManagementSeed">The seed of its Ed25519 key, 32 bytes.</param>
[DebuggerDisplay("[redacted]")]
public sealed record RealmKey(AuthorityId Slot, string Realm, SecretBytes ManagementSeed)
{
    /// <inheritdoc/>
    public override string ToString() => "[redacted]";
}
