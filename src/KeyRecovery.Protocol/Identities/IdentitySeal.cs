using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Identities;

/// <summary>Seals to somebody's key with randomness of its own, which no caller hands in.</summary>
internal static class IdentitySeal
{
    public static byte[] Seal(
        KemPublicKey reader, ReadOnlySpan<byte> info, ReadOnlySpan<byte> plaintext, IRandom random)
    {
        Span<byte> seed = stackalloc byte[Hpke.EncapsulationSeedSize];
        try
        {
            random.Fill(seed);
            return Hpke.Seal(reader, info, [], plaintext, seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }
}
