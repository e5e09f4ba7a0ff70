using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// What one realm is to keep of a passphrase slot (docs/protocol.md §14.4). Secret: it holds a share of the OPRF key.
/// </summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class RealmRegistration : IDisposable
{
    private RealmRegistration(
        AuthorityId slot, VerifyKey signingKey, VerifyKey managementKey, OprfElement shareKey, OprfScalar share)
    {
        Slot = slot;
        SigningKey = signingKey;
        ManagementKey = managementKey;
        ShareKey = shareKey;
        Share = share;
    }

    /// <summary>The slot.</summary>
    public AuthorityId Slot { get; }

    /// <summary>The slot's Ed25519 key, which resets the counter.</summary>
    public VerifyKey SigningKey { get; }

    /// <summary>The key that pauses, deletes and tells heads.</summary>
    public VerifyKey ManagementKey { get; }

    /// <summary>The share's public key.</summary>
    public OprfElement ShareKey { get; }

    /// <summary>The share, disposed with this object.</summary>
    public OprfScalar Share { get; }

    /// <summary>Seals a registration to a realm.</summary>
    /// <returns>The body of <c>POST /v1/realm/register</c>.</returns>
    public static byte[] Seal(
        RealmIdentity realm, AuthorityId slot, VerifyKey signingKey, VerifyKey managementKey, OprfScalar share,
        IRandom random)
    {
        using var registration = SecretBytes.Take(CborOut.OfSecrets().Array(7).Text(Labels.RealmRegistration).UInt(1)
            .Bytes(slot).Bytes(signingKey.ToArray()).Bytes(managementKey.ToArray()).Bytes(share.PublicKey.ToArray())
            .Bytes(share.Span));
        using var seed = SecretBytes.Random(Hpke.EncapsulationSeedSize, random);
        var sealedBytes = Hpke.Seal(realm.KemKey, Info(realm.Fingerprint, slot), [], registration.Span, seed.Span);
        return new CborOut().Array(4).Text(Labels.RealmRegister).UInt(1).Bytes(slot).Bytes(sealedBytes).ToArray();
    }

    /// <summary>Opens the body of a registration, as the realm.</summary>
    /// <param name="body">The body.</param>
    /// <param name="realm">The realm's own identity.</param>
    /// <param name="key">The realm's X-Wing key.</param>
    /// <returns>The registration, to be disposed of.</returns>
    /// <exception cref="WireFormatException">Not a registration, not sealed to this realm, or a share that is not its
    /// share key's.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static RealmRegistration Open(ReadOnlyMemory<byte> body, RealmIdentity realm, KemPrivateKey key)
    {
        var reader = RealmBody.Open(body, 4, Labels.RealmRegister);
        var slot = reader.Authority();
        var sealedBytes = reader.BytesView(Hpke.Overhead, Hpke.Overhead + RealmLimits.RegistrationBytes);
        reader.End();

        var opened = false;
        using var registration = SecretBytes.Create(
            sealedBytes.Length - Hpke.Overhead,
            plaintext => opened = Hpke.TryOpen(key, Info(realm.Fingerprint, slot), [], sealedBytes.Span, plaintext));
        WireFormatException.Require(opened, "it is sealed to this realm");
        // A copy that the reader can slice; what it holds is zeroed below.
        var plain = SecretMemory.Allocate(registration.Length);
        registration.Span.CopyTo(plain);
        try
        {
            return Read(plain, slot);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Share.Dispose();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;

    private static RealmRegistration Read(byte[] plain, AuthorityId slot)
    {
        var reader = RealmBody.Open(plain, 7, Labels.RealmRegistration);
        WireFormatException.Require(reader.Authority() == slot, "it is about the slot that the request names");
        var signingKey = new VerifyKey(reader.BytesView(VerifyKey.Size, VerifyKey.Size).Span);
        var managementKey = new VerifyKey(reader.BytesView(VerifyKey.Size, VerifyKey.Size).Span);
        var hasKey = OprfElement.TryParse(reader.BytesView(OprfElement.Size, OprfElement.Size).Span, out var shareKey);
        var hasShare = OprfScalar.TryParse(reader.BytesView(OprfScalar.Size, OprfScalar.Size).Span, out var share);
        try
        {
            reader.End();
            WireFormatException.Require(
                hasKey && hasShare && share!.PublicKey.Equals(shareKey), "the share is its share key's");
            return new RealmRegistration(slot, signingKey, managementKey, shareKey!, share!);
        }
        catch
        {
            share?.Dispose();
            throw;
        }
    }

    private static byte[] Info(Hash256 realm, AuthorityId slot) =>
        new CborOut().Array(3).Text(Labels.RealmRegister).Bytes(realm).Bytes(slot).ToArray();
}
