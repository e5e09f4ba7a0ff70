using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

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
