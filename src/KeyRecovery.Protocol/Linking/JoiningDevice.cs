using System.Text;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Protocol.Linking;

/// <summary>
/// The new device: its keys, made on it, and how it presents itself. The keys stay the caller's to dispose of.
/// </summary>
public sealed class JoiningDevice
{
    /// <summary>Describes the device.</summary>
    /// <param name="id">16 random bytes.</param>
    /// <param name="signing">Its Ed25519 key.</param>
    /// <param name="kem">Its X-Wing key.</param>
    /// <param name="name">What a person calls it, at most 64 bytes of UTF-8.</param>
    /// <param name="platform">What it is, at most 32 bytes of UTF-8.</param>
    public JoiningDevice(AuthorityId id, SigningKey signing, KemPrivateKey kem, string name, string platform)
    {
        if (Encoding.UTF8.GetByteCount(name) > LinkLimits.NameBytes) Throw.Argument(nameof(name), "at most 64 bytes");
        if (Encoding.UTF8.GetByteCount(platform) > LinkLimits.PlatformBytes)
            Throw.Argument(nameof(platform), "at most 32 bytes");
        (Signing, Kem, Name, Platform) = (signing, kem, name, platform);
        Entry = NewAuthority.Of(id, AuthorityKind.Device, signing.PublicKey, kem.PublicKey);
    }

    /// <summary>The entry by which a link adds it.</summary>
    public NewAuthority Entry { get; }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The platform.</summary>
    public string Platform { get; }

    internal SigningKey Signing { get; }

    internal KemPrivateKey Kem { get; }
}
