using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// <c>[[body b, signature b64], signed head b, signed link b*]</c>: what an authority signs for a realm, with what
/// shows the realm that it is active (docs/protocol.md §14.4).
/// </summary>
internal readonly record struct SignedBundle(
    SignedBody Signed, SignedHead Head, ImmutableArray<ReadOnlyMemory<byte>> Links)
{
    private const int BodyBytes = 2048;

    public static byte[] Sign(
        SignatureLabel label, byte[] body, SigningKey key, SignedHead head, IReadOnlyList<ReadOnlyMemory<byte>> links)
    {
        var writer = new CborOut().Array(3).Array(2).Bytes(body).Bytes(key.Sign(label, body)).Bytes(head.Bytes.Span);
        return WriteAll(writer, links).ToArray();
    }

    /// <summary>Reads it. Checks the shape of all but the links, which are read when the head is verified.</summary>
    /// <exception cref="WireFormatException">Not such a bundle, or one that is too long.</exception>
    /// <exception cref="UpgradeRequiredException">A head of a version that this program does not know.</exception>
    public static SignedBundle Decode(ReadOnlyMemory<byte> bytes)
    {
        WireFormatException.Require(bytes.Length <= RealmLimits.BundleBytes, "what is signed is shorter");
        var reader = new CborIn(bytes);
        reader.Array(3);
        reader.Array(2);
        var signed = new SignedBody(
            reader.BytesView(1, BodyBytes), reader.BytesView(SigningKey.SignatureSize, SigningKey.SignatureSize));
        var head = SignedHead.Decode(reader.BytesView(1, SignedHead.MaxSize));
        var links = ReadAll(reader, Limits.Links, Limits.SignedLinkBytes);
        reader.End();
        return new SignedBundle(signed, head, links);
    }

    public static CborOut WriteAll(CborOut writer, IReadOnlyList<ReadOnlyMemory<byte>> list)
    {
        writer.Array(list.Count);
        foreach (var one in list) writer.Bytes(one.Span);
        return writer;
    }

    public static ImmutableArray<ReadOnlyMemory<byte>> ReadAll(CborIn reader, int most, int maxBytes)
    {
        var count = reader.Array(0, most);
        var list = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(count);
        for (var i = 0; i < count; i++) list.Add(reader.BytesView(1, maxBytes));
        return list.MoveToImmutable();
    }
}
