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
/// <param name="Keyset">The current keyset.</param>
/// <param name="Manifest">The current signed manifest.</param>
/// <param name="TrustedFrom">The server's word, not signed: from when each authority may remove older ones, in seconds
/// since 1970.</param>
public sealed record VaultBundle(
    AccountId Account, ulong First, ImmutableArray<ReadOnlyMemory<byte>> Links, ReadOnlyMemory<byte> Keyset,
    ReadOnlyMemory<byte> Manifest, ImmutableSortedDictionary<AuthorityId, ulong> TrustedFrom)
{
    /// <summary>The bytes of the answer's body.</summary>
    public byte[] Encode()
    {
        var writer = new CborOut().Array(8).Text(Labels.Vault).UInt(FormatVersion.Current).Bytes(Account).UInt(First);
        writer.Array(Links.Length);
        foreach (var link in Links) writer.Bytes(link.Span);
        writer.Bytes(Keyset.Span).Bytes(Manifest.Span).Array(TrustedFrom.Count);
        foreach (var (id, at) in TrustedFrom) writer.Array(2).Bytes(id).UInt(at);
        return writer.ToArray();
    }

    /// <summary>Reads a vault. Checks the outer shape only.</summary>
    /// <exception cref="WireFormatException">Not a vault.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static VaultBundle Decode(ReadOnlyMemory<byte> body)
    {
        var reader = new CborIn(body);
        reader.Array(8);
        reader.Label(Labels.Vault);
        FormatVersion.Read(reader);
        var account = reader.Account();
        var first = reader.UInt(Limits.MaxLinks);
        var count = reader.Array(0, Limits.MaxLinks - (int)first);
        var links = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(count);
        for (var i = 0; i < count; i++) links.Add(reader.BytesView(1, Limits.SignedLinkBytes));
        var keyset = reader.BytesView(1, Limits.KeysetBytes);
        var manifest = reader.BytesView(1, Limits.CommitBytes);
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
            account, first, links.MoveToImmutable(), keyset, manifest, trusted.ToImmutableSortedDictionary());
    }
}
