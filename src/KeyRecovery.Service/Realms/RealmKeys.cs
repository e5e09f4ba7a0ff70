using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;

namespace KeyRecovery.Service.Realms;

/// <summary>This server's own keys as a realm, from one seed.</summary>
[DebuggerDisplay("[redacted]")]
internal sealed class RealmKeys : IDisposable
{
    public RealmKeys(ReadOnlySpan<byte> seed)
    {
        Span<byte> derived = stackalloc byte[SigningKey.SeedSize];
        Kdf.Derive(seed, "keyrecovery/server/v1/realm-signing"u8, derived);
        Signing = SigningKey.FromSeed(derived);
        Kdf.Derive(seed, "keyrecovery/server/v1/realm-kem"u8, derived);
        Kem = KemPrivateKey.FromSeed(derived);
        CryptographicOperations.ZeroMemory(derived);
        Identity = new RealmIdentity(Signing.PublicKey, Kem.PublicKey);
    }

    /// <summary>Signs answers.</summary>
    public SigningKey Signing { get; }

    /// <summary>Opens registrations.</summary>
    public KemPrivateKey Kem { get; }

    /// <summary>What clients pin.</summary>
    public RealmIdentity Identity { get; }

    public void Dispose()
    {
        Signing.Dispose();
        Kem.Dispose();
    }

    public override string ToString() => "[redacted]";
}
