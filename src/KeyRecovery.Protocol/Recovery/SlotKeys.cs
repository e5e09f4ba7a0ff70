using System.Diagnostics;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Recovery;

/// <summary>
/// A recovery slot's id and private keys, derived from what its user holds. Zeroed on disposal, prints
/// <c>[redacted]</c>.
/// </summary>
/// <param name="id">The slot's id.</param>
/// <param name="signing">The slot's Ed25519 key; this object disposes of it.</param>
/// <param name="kem">The slot's X-Wing key; this object disposes of it.</param>
[DebuggerDisplay("[redacted]")]
public sealed class SlotKeys(AuthorityId id, SigningKey signing, KemPrivateKey kem) : IDisposable
{
    /// <summary>The slot's id.</summary>
    public AuthorityId Id { get; } = id;

    /// <summary>The key that signs as the slot.</summary>
    public SigningKey Signing { get; } = signing;

    /// <summary>The key that the epoch key is sealed to.</summary>
    public KemPrivateKey Kem { get; } = kem;

    /// <summary>Zeroes both keys.</summary>
    public void Dispose()
    {
        Signing.Dispose();
        Kem.Dispose();
    }

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}
