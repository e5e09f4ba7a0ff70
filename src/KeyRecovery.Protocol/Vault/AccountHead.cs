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
        && !RestoredClaim.Explain(claims ?? [], difference, this, other);
}

/// <summary>A head with the home server's signature (docs/protocol.md §7).</summary>
public sealed class SignedHead
{
    /// <summary>The most that it has, in bytes.</summary>
    public const int MaxSize = 320;

    private readonly SignedBody _signed;

    private SignedHead(ReadOnlyMemory<byte> bytes)
    {
        Bytes = bytes;
        _signed = SignedBody.Decode(bytes, MaxSize);
        Head = AccountHead.Decode(_signed.Body);
    }

    /// <summary>All of it, as it travels and is kept.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>What it says. Nothing of it counts before <see cref="IsSignedBy"/>.</summary>
    public AccountHead Head { get; }

    /// <summary>Signs a head.</summary>
    /// <param name="head">The head.</param>
    /// <param name="key">The home server's audit key.</param>
    public static SignedHead Sign(AccountHead head, SigningKey key) =>
        Decode(SignedBody.Sign(SignatureLabel.Head, head.Encode(), key));

    /// <summary>Reads a signed head. Checks the shape only.</summary>
    /// <exception cref="WireFormatException">Not a signed head.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static SignedHead Decode(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>Whether the home server of one of these audit keys has signed it.</summary>
    public bool IsSignedBy(IEnumerable<VerifyKey> homeKeys) =>
        homeKeys.Any(key => _signed.IsSignedBy(key, SignatureLabel.Head));
}

/// <summary>Where two heads of one account contradict each other (docs/protocol.md §7, Claim).</summary>
/// <param name="Sequence">The sequence at which links differ, or the larger one where the newer manifest has the older
/// chain; null where chains do not contradict each other.</param>
/// <param name="Version">The version at which manifests differ; null where they do not contradict each other.</param>
internal readonly record struct HeadDifference(ulong? Sequence, ulong? Version)
{
    // Nothing is below it: a manifest's hash commits to its trail and its link, whatever was restored.
    private static readonly HeadDifference OfOneManifest = new(null, 0);

    /// <summary>The difference of two heads; null where both can be true.</summary>
    public static HeadDifference? Of(AccountHead one, AccountHead other)
    {
        if (one.Account != other.Account) return null;
        if (one.Manifest == other.Manifest)
            return one.Trail == other.Trail && one.Chain == other.Chain ? null : OfOneManifest;
        var (chain, manifest) = (one.Chain, one.Manifest);
        var difference = new HeadDifference(
            DifferAtOne(chain.Sequence, other.Chain.Sequence, chain.Hash != other.Chain.Hash),
            DifferAtOne(manifest.Version, other.Manifest.Version, true));
        if (difference != default) return difference;
        var isCrossed = manifest.Version > other.Manifest.Version
            ? chain.Sequence < other.Chain.Sequence : other.Chain.Sequence < chain.Sequence;
        return isCrossed ? new HeadDifference(Math.Max(chain.Sequence, other.Chain.Sequence), null) : null;
    }

    /// <summary>Whether a place lies below all of it.</summary>
    public bool IsAbove(ulong chainSequence, ulong manifestVersion) =>
        (Sequence is null || chainSequence < Sequence) && (Version is null || manifestVersion < Version);

    private static ulong? DifferAtOne(ulong place, ulong other, bool differs) =>
        place == other && differs ? place : null;
}
