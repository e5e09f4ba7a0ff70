using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Linking;

/// <summary>
/// The key of a typed code's envelope (docs/protocol.md §13.1): Argon2id (RFC 9106) with constant parameters, since a
/// relay that told them could make the new device work for it, then HKDF. 60 bits behind 64 MiB and three passes, for
/// the two minutes that a session waits.
/// </summary>
internal static class LinkEnvelope
{
    private const int HashSize = 32;

    private static readonly StretchProfile Work = new(Passes: 3, MemoryKiB: 65_536, Lanes: 1);

    /// <summary>App and nameplate: the envelope's associated data, of whose hash the salt is made.</summary>
    public static byte[] Context(string appId, string nameplate)
    {
        if (!AccountIds.IsAppId(appId)) Throw.Argument(nameof(appId), "1 to 64 characters of a-z 0-9 . -");
        return new CborOut().Array(3).Text(Labels.LinkEnvelope).Text(appId).Text(nameplate).ToArray();
    }

    public static SecretBytes DeriveKey(ReadOnlySpan<byte> secret, byte[] context)
    {
        var salt = Hash256.Of(context).ToArray().AsSpan(0, Argon2id.SaltSize);
        Span<byte> slow = stackalloc byte[HashSize];
        Argon2id.Derive(secret, salt, Work, slow);
        var key = Kdf.Derive(slow, Encoding.UTF8.GetBytes(Labels.LinkEnvelope), SecretBox.KeySize);
        CryptographicOperations.ZeroMemory(slow);
        return key;
    }
}
