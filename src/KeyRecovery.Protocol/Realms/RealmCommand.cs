using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// The body of <c>POST /v1/realm/command</c>: what an authority asks of a realm, with the home's head and the links up
/// to it (docs/protocol.md §14.4).
/// </summary>
public sealed class RealmCommand
{
    private const int Fields = 8;
    private readonly SignedBundle _bundle;

    private RealmCommand(SignedBundle bundle)
    {
        _bundle = bundle;
        var reader = RealmBody.Open(bundle.Signed.Body, Fields, Labels.RealmCommand);
        (Realm, Account, Slot) = (reader.Hash(), reader.Account(), reader.Authority());
        Action = (RealmAction)reader.UInt((ulong)RealmAction.Objection);
        (Count, Signer) = (reader.UInt(), reader.Authority());
        reader.End();
        WireFormatException.Require(Action != 0, "an action is due here");
        WireFormatException.Require(Head.Head.Account == Account, "the head is the account's");
    }

    /// <summary>The realm's fingerprint.</summary>
    public Hash256 Realm { get; }

    /// <summary>The account.</summary>
    public AccountId Account { get; }

    /// <summary>The slot.</summary>
    public AuthorityId Slot { get; }

    /// <summary>The action.</summary>
    public RealmAction Action { get; }

    /// <summary>The account's count at the realm as its last status told it, but with a status: any then.</summary>
    public ulong Count { get; }

    /// <summary>Who signs.</summary>
    public AuthorityId Signer { get; }

    /// <summary>The home's head, not verified.</summary>
    public SignedHead Head => _bundle.Head;

    /// <summary>Signed links up to the head, as they travel: from the realm's head on, or from link 0.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Links => _bundle.Links;

    /// <summary>Signs a command.</summary>
    /// <param name="realm">The realm's fingerprint.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="action">The action.</param>
    /// <param name="count">The account's count as the realm's last status told it.</param>
    /// <param name="head">The home's newest head, which names the account.</param>
    /// <param name="links">The signed links up to it; none where the realm knows them.</param>
    /// <param name="signer">Who signs.</param>
    /// <param name="key">Its key.</param>
    /// <returns>The bytes to send.</returns>
    public static byte[] Sign(
        Hash256 realm, AuthorityId slot, RealmAction action, ulong count, SignedHead head,
        IReadOnlyList<ReadOnlyMemory<byte>> links, AuthorityId signer, SigningKey key)
    {
        var body = new CborOut().Array(Fields).Text(Labels.RealmCommand).UInt(1).Bytes(realm)
            .Bytes(head.Head.Account).Bytes(slot).UInt((ulong)action).UInt(count).Bytes(signer).ToArray();
        return SignedBundle.Sign(SignatureLabel.RealmCommand, body, key, head, links);
    }

    /// <summary>Reads the bytes. Head and links are checked first, then <see cref="IsSignedBy"/>.</summary>
    /// <exception cref="WireFormatException">Not a command.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static RealmCommand Decode(ReadOnlyMemory<byte> bytes) => new(SignedBundle.Decode(bytes));

    /// <summary>Whether the signer has signed it.</summary>
    public bool IsSignedBy(VerifyKey key) => _bundle.Signed.IsSignedBy(key, SignatureLabel.RealmCommand);
}
