using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// The body of <c>POST /v1/realm/register</c>: a passphrase slot's share for one realm, signed by an active authority,
/// with the home's head and the links that show it (docs/protocol.md §14.4).
/// </summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class RealmRegister
{
    private const int Fields = 8;
    private readonly SignedBundle _bundle;
    private readonly ReadOnlyMemory<byte> _sealed;

    private RealmRegister(SignedBundle bundle)
    {
        _bundle = bundle;
        var reader = RealmBody.Open(bundle.Signed.Body, Fields, Labels.RealmRegister);
        (Realm, Slot, Account, Signer) =
            (reader.Hash(), reader.Authority(), reader.Account(), reader.Authority());
        ChainHash = reader.Hash();
        _sealed = reader.BytesView(Hpke.Overhead, Hpke.Overhead + RealmLimits.RegistrationBytes);
        reader.End();
        WireFormatException.Require(
            Head.Head.Account == Account && Head.Head.Chain.Hash == ChainHash, "the head is the one that is named");
    }

    /// <summary>The realm's fingerprint.</summary>
    public Hash256 Realm { get; }

    /// <summary>The slot.</summary>
    public AuthorityId Slot { get; }

    /// <summary>The account.</summary>
    public AccountId Account { get; }

    /// <summary>Who signs: active at the head.</summary>
    public AuthorityId Signer { get; }

    /// <summary>The hash of the newest link at the head.</summary>
    public Hash256 ChainHash { get; }

    /// <summary>The home's head, not verified.</summary>
    public SignedHead Head => _bundle.Head;

    /// <summary>Signed links up to the head, as they travel: from link 0, or from the realm's head on.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Links => _bundle.Links;

    /// <summary>Seals and signs a registration.</summary>
    /// <param name="realm">The pinned realm.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="slotKey">The slot's Ed25519 key, which resets the counter.</param>
    /// <param name="share">The realm's share of the OPRF key.</param>
    /// <param name="head">The home's newest head.</param>
    /// <param name="links">The signed links up to it: from link 0 where the realm may not know the account.</param>
    /// <param name="signer">Who signs.</param>
    /// <param name="signerKey">Its key.</param>
    /// <param name="random">Draws the encapsulation.</param>
    /// <returns>The bytes to send.</returns>
    public static byte[] Seal(
        RealmIdentity realm, AuthorityId slot, VerifyKey slotKey, OprfScalar share, SignedHead head,
        IReadOnlyList<ReadOnlyMemory<byte>> links, AuthorityId signer, SigningKey signerKey, IRandom random)
    {
        var account = head.Head.Account;
        using var registration = SecretBytes.Take(CborOut.OfSecrets().Array(RealmRegistration.Fields)
            .Text(Labels.RealmRegistration).UInt(1).Bytes(slot).Bytes(slotKey.ToArray())
            .Bytes(share.PublicKey.ToArray()).Bytes(share.Span));
        using var seed = SecretBytes.Random(Hpke.EncapsulationSeedSize, random);
        var sealedBytes = Hpke.Seal(
            realm.KemKey, Info(realm.Fingerprint, slot, account), [], registration.Span, seed.Span);
        var body = new CborOut().Array(Fields).Text(Labels.RealmRegister).UInt(1).Bytes(realm.Fingerprint)
            .Bytes(slot).Bytes(account).Bytes(signer).Bytes(head.Head.Chain.Hash).Bytes(sealedBytes).ToArray();
        return SignedBundle.Sign(SignatureLabel.RealmRegister, body, signerKey, head, links);
    }

    /// <summary>
    /// Reads the bytes. Head, links, signature and seal are checked in this order, by <see cref="RealmView"/>,
    /// <see cref="IsSignedBy"/> and <see cref="Open"/>.
    /// </summary>
    /// <exception cref="WireFormatException">Not a registration.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static RealmRegister Decode(ReadOnlyMemory<byte> bytes) => new(SignedBundle.Decode(bytes));

    /// <summary>Whether the signer has signed it.</summary>
    /// <param name="key">The signer's key at the head.</param>
    public bool IsSignedBy(VerifyKey key) => _bundle.Signed.IsSignedBy(key, SignatureLabel.RealmRegister);

    /// <summary>Opens what is sealed, as the realm.</summary>
    /// <param name="realm">The realm's own identity.</param>
    /// <param name="key">The realm's X-Wing key.</param>
    /// <returns>To be disposed of.</returns>
    /// <exception cref="WireFormatException">Not sealed to this realm for this slot and account, or a share that is not
    /// its share key's.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public RealmRegistration Open(RealmIdentity realm, KemPrivateKey key)
    {
        var opened = false;
        using var registration = SecretBytes.Create(
            _sealed.Length - Hpke.Overhead,
            plaintext => opened = Hpke.TryOpen(
                key, Info(realm.Fingerprint, Slot, Account), [], _sealed.Span, plaintext));
        WireFormatException.Require(opened, "it is sealed to this realm");
        // A copy that the reader can slice; what it holds is zeroed below.
        var plain = SecretMemory.Allocate(registration.Length);
        registration.Span.CopyTo(plain);
        try
        {
            return RealmRegistration.Read(plain, Slot);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    // The account is in it, so that nobody registers what was sealed for one account under another.
    private static byte[] Info(Hash256 realm, AuthorityId slot, AccountId account) =>
        new CborOut().Array(4).Text(Labels.RealmRegister).Bytes(realm).Bytes(slot).Bytes(account).ToArray();
}
