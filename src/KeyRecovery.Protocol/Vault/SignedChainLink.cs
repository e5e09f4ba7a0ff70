using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// A link with its signatures (docs/protocol.md §3): the signer's, and each added authority's possession.
/// </summary>
public sealed class SignedChainLink
{
    private SignedChainLink(
        ReadOnlyMemory<byte> bytes, ChainLink link, ReadOnlyMemory<byte> body, byte[] signature,
        ImmutableArray<byte[]> possession)
    {
        Bytes = bytes;
        Body = body;
        Signature = signature;
        Possession = possession;
        Link = link;
        Hash = Hash256.Of(body.Span);
        WireFormatException.Require(possession.Length == Link.Add.Length, "one possession for each added authority");
    }

    /// <summary>The whole structure as it travels and is stored.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The signed bytes.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The decoded body.</summary>
    public ChainLink Link { get; }

    /// <summary>SHA-256 of the body, which the next link names.</summary>
    public Hash256 Hash { get; }

    /// <summary>The signer's signature, 64 bytes.</summary>
    public byte[] Signature { get; }

    /// <summary>One signature for each added authority, in their order, 64 bytes each.</summary>
    public ImmutableArray<byte[]> Possession { get; }

    /// <summary>Joins a body and its signatures.</summary>
    /// <exception cref="WireFormatException">The parts do not fit together.</exception>
    public static SignedChainLink Create(ReadOnlyMemory<byte> body, byte[] signature, ImmutableArray<byte[]> possession)
    {
        var writer = new CborOut().Array(3).Bytes(body.Span).Bytes(signature).Array(possession.Length);
        foreach (var proof in possession) writer.Bytes(proof);
        return new SignedChainLink(writer.ToArray(), ChainLink.Decode(body), body, signature, possession);
    }

    /// <summary>
    /// Reads a signed link. Checks the shape only; signatures and rules are <see cref="ChainHead"/>'s.
    /// </summary>
    /// <exception cref="WireFormatException">Not a signed link.</exception>
    /// <exception cref="UpgradeRequiredException">A version or kind that this program does not know.</exception>
    public static SignedChainLink Decode(ReadOnlyMemory<byte> bytes) => Decode(bytes, static key => new VerifyKey(key));

    /// <summary>
    /// The same for a link that this program decoded before and kept sealed: its keys are not checked once more, which
    /// is most of the cost.
    /// </summary>
    internal static SignedChainLink DecodeKept(ReadOnlyMemory<byte> bytes) => Decode(bytes, VerifyKey.FromChecked);

    /// <summary>Checks the signer's signature and the possession of each added authority.</summary>
    internal ProtocolFault CheckSignatures(VerifyKey signer)
    {
        if (!signer.Verify(SignatureLabel.Link, Body.Span, Signature)) return ProtocolFault.LinkSignature;
        for (var i = 0; i < Possession.Length; i++)
        {
            if (!Link.Add[i].SigningKey.Verify(SignatureLabel.LinkPossession, Body.Span, Possession[i]))
                return ProtocolFault.Possession;
        }
        return ProtocolFault.None;
    }

    private static SignedChainLink Decode(ReadOnlyMemory<byte> bytes, Func<ReadOnlySpan<byte>, VerifyKey> readKey)
    {
        WireFormatException.Require(bytes.Length <= Limits.SignedLinkBytes, "a signed link has at most 65,536 bytes");
        var reader = new CborIn(bytes);
        reader.Array(3);
        var body = reader.BytesView(1, Limits.SignedLinkBytes);
        var signature = reader.Bytes(SigningKey.SignatureSize);
        var count = reader.Array(0, Limits.Authorities);
        var possession = ImmutableArray.CreateBuilder<byte[]>(count);
        for (var i = 0; i < count; i++) possession.Add(reader.Bytes(SigningKey.SignatureSize));
        reader.End();
        return new SignedChainLink(
            bytes, ChainLink.Decode(body, readKey), body, signature, possession.MoveToImmutable());
    }
}

/// <summary>
/// Decodes links on every core: to check the points of their keys is a third of a chain's verification.
/// </summary>
internal static class ChainLinkList
{
    /// <summary>Decodes links with one of <see cref="SignedChainLink"/>'s readers.</summary>
    /// <exception cref="WireFormatException">The first link that cannot be read is malformed.</exception>
    /// <exception cref="UpgradeRequiredException">The first link that cannot be read is of a newer version.</exception>
    public static ImmutableArray<SignedChainLink> Decode(
        ImmutableArray<ReadOnlyMemory<byte>> links, Func<ReadOnlyMemory<byte>, SignedChainLink> decode)
    {
        var decoded = new SignedChainLink[links.Length];
        var thrown = new Exception?[links.Length];
        // After a break every lower index is still run, so the first that throws is known.
        Parallel.For(0, links.Length, (i, loop) =>
        {
            try
            {
                decoded[i] = decode(links[i]);
            }
            catch (Exception e) when (e is WireFormatException or UpgradeRequiredException)
            {
                thrown[i] = e;
                loop.Break();
            }
        });
        if (thrown.FirstOrDefault(e => e is not null) is { } first) ExceptionDispatchInfo.Throw(first);
        return ImmutableCollectionsMarshal.AsImmutableArray(decoded);
    }

    /// <summary>Decodes the links before the first that is of a newer version.</summary>
    /// <exception cref="WireFormatException">A link before it is malformed.</exception>
    public static ImmutableArray<SignedChainLink> DecodeKnownVersions(ImmutableArray<ReadOnlyMemory<byte>> links)
    {
        var decoded = ImmutableArray.CreateBuilder<SignedChainLink>();
        try
        {
            foreach (var link in links) decoded.Add(SignedChainLink.Decode(link));
        }
        catch (UpgradeRequiredException)
        {
            // What comes before tells who has to read it.
        }

        return decoded.ToImmutable();
    }
}
