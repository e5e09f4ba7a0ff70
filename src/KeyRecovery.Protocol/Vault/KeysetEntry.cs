using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>The epoch key sealed to one authority.</summary>
/// <param name="Id">The authority.</param>
/// <param name="KemKey">Its X-Wing key, 1,216 bytes.</param>
/// <param name="Seal">1,168 bytes (docs/protocol.md §4).</param>
public sealed record KeysetEntry(AuthorityId Id, KemPublicKey KemKey, ReadOnlyMemory<byte> Seal)
{
    /// <summary>The size of a seal in bytes.</summary>
    public const int SealSize = Hpke.Overhead + EpochKey.Size;
}
