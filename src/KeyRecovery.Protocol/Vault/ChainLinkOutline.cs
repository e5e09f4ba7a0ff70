using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// The places in a link's bytes at which <see cref="RepairOutline"/> looks. Nothing is checked but where they are.
/// </summary>
internal sealed class ChainLinkOutline
{
    private readonly List<Added> _added = [];

    /// <summary>The hash of the link before; for link 0 the nonce of the account id.</summary>
    public Hash256 Previous { get; private init; }

    /// <summary>Who signs.</summary>
    public AuthorityId Signer { get; private set; }

    /// <summary>Passes over a signed link.</summary>
    /// <exception cref="WireFormatException">Not a signed link.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static ChainLinkOutline Read(ReadOnlyMemory<byte> signedLink) =>
        WireFormatException.In("links", signedLink, ReadSigned);

    /// <summary>Whom the link adds under an id, or null.</summary>
    public Added? Find(AuthorityId id) => _added.Find(added => added.Id == id);

    private static ChainLinkOutline ReadSigned(ReadOnlyMemory<byte> signedLink)
    {
        var outer = new CborIn(signedLink);
        outer.Array(3);
        var reader = new CborIn(outer.BytesView(1, Limits.SignedLinkBytes));
        reader.Structure(Labels.Link, ChainLink.Fields);
        reader.Account();
        reader.UInt();
        var link = new ChainLinkOutline { Previous = reader.Hash() };
        reader.UInt();
        reader.Hash();
        reader.UInt();
        reader.BytesView(0, ChainLink.PreviousEpochKeySize);
        reader.Hash();
        link.ReadAdded(reader);
        for (var i = reader.Array(0, Limits.Authorities); i > 0; i--) reader.Authority();
        reader.UInt();
        link.Signer = reader.Authority();
        reader.End();
        return link;
    }

    private void ReadAdded(CborIn reader)
    {
        for (var i = reader.Array(0, Limits.Authorities); i > 0; i--)
        {
            reader.Array(6);
            _added.Add(
                new Added(reader.Authority(), reader.UInt(), reader.BytesView(VerifyKey.Size, VerifyKey.Size),
                    reader.Hash()));
            reader.UInt();
            reader.BytesView(0, Limits.ParameterBytes);
        }
    }

    /// <summary>An authority that a link adds, as far as it was read.</summary>
    internal sealed record Added(AuthorityId Id, ulong Kind, ReadOnlyMemory<byte> Key, Hash256 KemKeyHash)
    {
        /// <exception cref="WireFormatException">It is no key.</exception>
        public VerifyKey ReadKey() => WireFormatException.In("links", Key, bytes => new VerifyKey(bytes.Span));

        /// <inheritdoc/>
        public override string ToString() => $"{Key.Length} bytes";
    }
}
