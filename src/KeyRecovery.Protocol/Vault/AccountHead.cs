using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// The head of an account: its newest link and manifest, as the home server vouches for them (docs/protocol.md §7). Two
/// that contradict each other prove a lie of the server.
/// </summary>
/// <param name="Account">The account.</param>
/// <param name="Chain">The newest link.</param>
/// <param name="Manifest">The newest manifest.</param>
/// <param name="Trail">That manifest's trail.</param>
/// <param name="Time">The server's clock, in seconds since 1970.</param>
public sealed record AccountHead(
    AccountId Account, ChainPlace Chain, ManifestPlace Manifest, Hash256 Trail, ulong Time)
{
    private const int Fields = 9;

    /// <summary>The bytes that are signed.</summary>
    public byte[] Encode() => new CborOut().Array(Fields)
        .Text(Labels.Head).UInt(FormatVersion.Current).Bytes(Account)
        .UInt(Chain.Sequence).Bytes(Chain.Hash).UInt(Manifest.Version).Bytes(Manifest.Hash).Bytes(Trail)
        .UInt(Time).ToArray();

    /// <summary>Reads a body.</summary>
    /// <exception cref="WireFormatException">Not a head.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static AccountHead Decode(ReadOnlyMemory<byte> body)
    {
        var reader = new CborIn(body);
        reader.Structure(Labels.Head, Fields);
        var head = new AccountHead(
            reader.Account(), new ChainPlace(reader.UInt(), reader.Hash()),
            new ManifestPlace(reader.UInt(), reader.Hash()), reader.Hash(), reader.UInt());
        reader.End();
        return head;
    }

    /// <summary>The head of what a vault tells.</summary>
    /// <param name="chain">The newest link.</param>
    /// <param name="manifest">The manifest that stands on it.</param>
    /// <param name="time">The server's clock, in seconds since 1970.</param>
    public static AccountHead Of(ChainPlace chain, SignedManifest manifest, ulong time) =>
        new(manifest.Manifest.Account, chain, manifest.Place, manifest.Manifest.Trail, time);

    /// <summary>
    /// Whether both cannot be true: they differ at one link or one manifest, or the one with the newer manifest has the
    /// older chain; and no claim says that the account was restored between them. A difference that only the trail
    /// shows is the reader's to find, who has the hashes between.
    /// </summary>
    /// <param name="other">The other head.</param>
    /// <param name="claims">What the home has signed of restores.</param>
    public bool Contradicts(AccountHead other, IEnumerable<RestoredClaim>? claims = null) =>
        HeadDifference.Of(this, other) is { } difference
        && claims?.Any(claim => claim.Explains(difference, this, other)) is not true;
}
