using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// A vault as a server tells it (docs/protocol.md §7): nothing in it is true until <see cref="VerifiedVault"/> says so.
/// </summary>
/// <param name="Account">The account that the request named.</param>
/// <param name="First">The sequence number of the first link in the list.</param>
/// <param name="Links">Signed links, in order; may be empty when the reader knows them all.</param>
/// <param name="Keysets">Those of the current epoch, in the order of the links that brought them.</param>
/// <param name="Manifest">The current signed manifest.</param>
/// <param name="Head">The signed head of both.</param>
/// <param name="Hashes">The hashes of the manifests from the one that the reader asked for, as far as one answer tells
/// them; the last one of all is the current manifest's <c>prev</c>.</param>
/// <param name="TrustedFrom">The server's word, not signed: from when each authority may remove older ones, in seconds
/// since 1970.</param>
public sealed record VaultBundle(
    AccountId Account, ulong First, ImmutableArray<ReadOnlyMemory<byte>> Links,
    ImmutableArray<ReadOnlyMemory<byte>> Keysets, ReadOnlyMemory<byte> Manifest,
    ReadOnlyMemory<byte> Head, ImmutableArray<Hash256> Hashes,
    ImmutableSortedDictionary<AuthorityId, ulong> TrustedFrom)
{
    private const int Fields = 13;

    /// <summary>Where the hashes leave some out: of versions that nobody could give back after a restore.</summary>
    public ImmutableArray<ManifestGap> Gaps { get; init; } = [];

    /// <summary>The home's claims that the account was restored, signed; at most 16.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Restored { get; init; } = [];

    /// <summary>
    /// Of an account that lacks its newest link: who was active at that; strictly ascending. Else empty.
    /// </summary>
    public ImmutableArray<AuthorityId> ActiveAtMinChain { get; init; } = [];

    /// <summary>The bytes of the answer's body.</summary>
    public byte[] Encode()
    {
        var writer = new CborOut().Array(Fields).Text(Labels.Vault).UInt(FormatVersion.Current).Bytes(Account)
            .UInt(First);
        writer.Array(Links.Length);
        foreach (var link in Links) writer.Bytes(link.Span);
        writer.Array(Keysets.Length);
        foreach (var keyset in Keysets) writer.Bytes(keyset.Span);
        writer.Bytes(Manifest.Span).Bytes(Head.Span).Array(Hashes.Length);
        foreach (var hash in Hashes) writer.Bytes(hash);
        writer.Array(Gaps.Length);
        foreach (var gap in Gaps) gap.Write(writer);
        writer.Array(Restored.Length);
        foreach (var claim in Restored) writer.Bytes(claim.Span);
        writer.Array(ActiveAtMinChain.Length);
        foreach (var id in ActiveAtMinChain) writer.Bytes(id);
        writer.Array(TrustedFrom.Count);
        foreach (var (id, at) in TrustedFrom) writer.Array(2).Bytes(id).UInt(at);
        return writer.ToArray();
    }

    /// <summary>Reads a vault. Checks the outer shape only.</summary>
    /// <exception cref="WireFormatException">Not a vault.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static VaultBundle Decode(ReadOnlyMemory<byte> body)
    {
        var reader = new CborIn(body);
        reader.Structure(Labels.Vault, Fields);
        var account = reader.Account();
        var first = reader.UInt(Limits.Links);
        var links = ReadLinks(reader, 0, Limits.Links - (int)first);
        var keysets = ReadKeysets(reader);
        var manifest = reader.BytesView(1, Limits.CommitBytes);
        var head = reader.BytesView(1, SignedHead.MaxSize);
        var hashes = ReadHashes(reader);
        var gaps = ReadArray(reader, Limits.Gaps, ManifestGap.Read);
        var restored = ReadList(reader, 0, Limits.Claims, SignedClaim.MaxSize);
        var active = ReadArray(reader, Limits.Authorities, r => r.Authority());
        WireFormatException.Require(ManifestGap.AreOrdered(gaps), "gaps are apart, the lowest first");
        WireFormatException.Require(Ascending.Strictly(active, id => id), "who was active is ascending");
        var trustedCount = reader.Array(0, Limits.Authorities);
        var trusted = new List<KeyValuePair<AuthorityId, ulong>>(trustedCount);
        for (var i = 0; i < trustedCount; i++)
        {
            reader.Array(2);
            trusted.Add(new(reader.Authority(), reader.UInt()));
        }
        reader.End();
        WireFormatException.Require(Ascending.Strictly(trusted, t => t.Key), "trustedFrom is ascending");
        return new VaultBundle(
            account, first, links, keysets, manifest, head, hashes,
            trusted.ToImmutableSortedDictionary())
        {
            Gaps = gaps,
            Restored = restored,
            ActiveAtMinChain = active,
        };
    }

    /// <summary>Reads signed links, which together have at most 4 MiB.</summary>
    internal static ImmutableArray<ReadOnlyMemory<byte>> ReadLinks(CborIn reader, int min, int max)
    {
        var links = ReadList(reader, min, max, Limits.SignedLinkBytes);
        WireFormatException.Require(
            links.Sum(link => (long)link.Length) <= Limits.ChainBytes, "links have at most 4 MiB together");
        return links;
    }

    /// <summary>Reads the keysets of an epoch.</summary>
    internal static ImmutableArray<ReadOnlyMemory<byte>> ReadKeysets(CborIn reader) =>
        ReadList(reader, 1, Limits.Authorities, Limits.KeysetBytes);

    /// <summary>Reads hashes of manifests.</summary>
    internal static ImmutableArray<Hash256> ReadHashes(CborIn reader)
    {
        var count = reader.Array(0, Limits.TrailPage);
        var hashes = ImmutableArray.CreateBuilder<Hash256>(count);
        for (var i = 0; i < count; i++) hashes.Add(reader.Hash());
        return hashes.MoveToImmutable();
    }

    private static ImmutableArray<T> ReadArray<T>(CborIn reader, int max, Func<CborIn, T> read)
    {
        var count = reader.Array(0, max);
        if (count == 0) return [];
        var list = ImmutableArray.CreateBuilder<T>(count);
        for (var left = count; left > 0; left--) list.Add(read(reader));
        return list.MoveToImmutable();
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> ReadList(CborIn reader, int min, int max, int maxBytes)
    {
        var count = reader.Array(min, max);
        var list = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(count);
        for (var i = 0; i < count; i++) list.Add(reader.BytesView(1, maxBytes));
        return list.MoveToImmutable();
    }
}
