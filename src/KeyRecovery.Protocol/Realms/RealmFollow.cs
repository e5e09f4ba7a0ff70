using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// The body of <c>POST /v1/realm/follow</c>: a newer head with the links up to it (docs/protocol.md §14.4). Nobody
/// signs it: the head speaks for itself.
/// </summary>
public sealed class RealmFollow
{
    private const int Fields = 6;

    private RealmFollow(
        SignedHead head, ImmutableArray<ReadOnlyMemory<byte>> links, ImmutableArray<ReadOnlyMemory<byte>> claims,
        RealmFork? fork) =>
        (Head, Links, Claims, Fork) = (head, links, claims, fork);

    /// <summary>The home's head, not verified.</summary>
    public SignedHead Head { get; }

    /// <summary>Signed links up to the head, as they travel: from the realm's head on, or from link 0.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Links { get; }

    /// <summary>Signed claims of restores, as they travel; at most 16.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Claims { get; }

    /// <summary>An authority's word, where the head is a fork; else null.</summary>
    public RealmFork? Fork { get; }

    /// <summary>The bytes to send.</summary>
    public static byte[] Encode(
        SignedHead head, IReadOnlyList<ReadOnlyMemory<byte>> links, IReadOnlyList<ReadOnlyMemory<byte>> claims,
        RealmFork? fork = null)
    {
        var writer = new CborOut().Array(Fields).Text(Labels.RealmFollow).UInt(1).Bytes(head.Bytes.Span);
        SignedBundle.WriteAll(SignedBundle.WriteAll(writer, links), claims);
        return writer.Bytes(fork is null ? [] : fork.Bytes.Span).ToArray();
    }

    /// <summary>Reads the bytes. Checks the shape of all but links and claims.</summary>
    /// <exception cref="WireFormatException">Not such a request.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static RealmFollow Decode(ReadOnlyMemory<byte> bytes)
    {
        WireFormatException.Require(bytes.Length <= RealmLimits.BundleBytes, "what is followed is shorter");
        var reader = RealmBody.Open(bytes, Fields, Labels.RealmFollow);
        var head = SignedHead.Decode(reader.BytesView(1, SignedHead.MaxSize));
        var links = SignedBundle.ReadAll(reader, Limits.Links, Limits.SignedLinkBytes);
        var claims = SignedBundle.ReadAll(reader, Limits.Claims, SignedClaim.MaxSize);
        var fork = reader.BytesView(0, SignedHead.MaxSize);
        reader.End();
        return new RealmFollow(head, links, claims, fork.IsEmpty ? null : RealmFork.Decode(fork));
    }
}
