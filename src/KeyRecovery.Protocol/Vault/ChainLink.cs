using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>The body of one link of the sigchain (docs/protocol.md §3).</summary>
public sealed record ChainLink
{
    /// <summary>The size of a previous epoch's key that is sealed under a later one's, in bytes: 48.</summary>
    public const int PreviousEpochKeySize = EpochKey.Size + DerivedBox.Overhead;

    internal const int Fields = 14;

    /// <summary>The account that the chain belongs to.</summary>
    public required AccountId Account { get; init; }

    /// <summary>The place in the chain, from 0.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>The hash of the link before; for link 0 the nonce of the account id.</summary>
    public required Hash256 Previous { get; init; }

    /// <summary>The epoch after this link, from 1.</summary>
    public required ulong Epoch { get; init; }

    /// <summary>The commitment to the epoch's key (§4).</summary>
    public required Hash256 EpochCommit { get; init; }

    /// <summary>
    /// The epoch whose key <see cref="PreviousEpochKey"/> holds, in a link that begins a later one; else 0.
    /// </summary>
    public ulong PreviousEpoch { get; init; }

    /// <summary>
    /// The key of <see cref="PreviousEpoch"/> under this epoch's: 48 bytes in a link that begins an epoch after the
    /// first, else empty.
    /// </summary>
    public ReadOnlyMemory<byte> PreviousEpochKey { get; init; }

    /// <summary>SHA-256 of the keyset that this link brings.</summary>
    public required Hash256 KeysetHash { get; init; }

    /// <summary>Whom the link adds, ascending by id.</summary>
    public ImmutableArray<NewAuthority> Add { get; init; } = [];

    /// <summary>Whom the link removes, ascending.</summary>
    public ImmutableArray<AuthorityId> Remove { get; init; } = [];

    /// <summary>The signer's clock, in seconds since 1970. It informs and decides nothing.</summary>
    public required ulong Time { get; init; }

    /// <summary>Who signs.</summary>
    public required AuthorityId Signer { get; init; }

    /// <summary>Whether an epoch begins with this link: with link 0 the first.</summary>
    public bool BeginsEpoch => Sequence == 0 || PreviousEpoch != 0;

    /// <summary>The bytes that are signed and hashed.</summary>
    public byte[] Encode()
    {
        var writer = new CborOut().Array(Fields)
            .Text(Labels.Link).UInt(FormatVersion.Current)
            .Bytes(Account).UInt(Sequence).Bytes(Previous)
            .UInt(Epoch).Bytes(EpochCommit).UInt(PreviousEpoch).Bytes(PreviousEpochKey.Span).Bytes(KeysetHash);
        writer.Array(Add.Length);
        foreach (var authority in Add) authority.Write(writer);
        writer.Array(Remove.Length);
        foreach (var id in Remove) writer.Bytes(id);
        return writer.UInt(Time).Bytes(Signer).ToArray();
    }

    /// <summary>Reads a body. Checks the shape only; the rules are <see cref="ChainHead"/>'s.</summary>
    /// <exception cref="WireFormatException">Not a link.</exception>
    /// <exception cref="UpgradeRequiredException">A version or kind that this program does not know.</exception>
    public static ChainLink Decode(ReadOnlyMemory<byte> body) => Decode(body, static key => new VerifyKey(key));

    /// <summary>
    /// As the other, with signing keys read by <paramref name="readKey"/>: their points are most of the cost.
    /// </summary>
    internal static ChainLink Decode(ReadOnlyMemory<byte> body, Func<ReadOnlySpan<byte>, VerifyKey> readKey)
    {
        var reader = new CborIn(body);
        reader.Structure(Labels.Link, Fields);
        var link = new ChainLink
        {
            Account = reader.Account(),
            Sequence = reader.UInt(),
            Previous = reader.Hash(),
            Epoch = reader.UInt(),
            EpochCommit = reader.Hash(),
            PreviousEpoch = reader.UInt(),
            PreviousEpochKey = reader.Bytes(0, PreviousEpochKeySize),
            KeysetHash = reader.Hash(),
            Add = ReadAdded(reader, readKey),
            Remove = ReadRemoved(reader),
            Time = reader.UInt(),
            Signer = reader.Authority(),
        };
        reader.End();
        WireFormatException.Require(
            link.PreviousEpochKey.Length == (link.PreviousEpoch == 0 ? 0 : PreviousEpochKeySize),
            "previousEpochKey has 48 bytes where it names an epoch, else none");
        WireFormatException.Require(Ascending.Strictly(link.Add, a => a.Id), "add is ascending");
        WireFormatException.Require(Ascending.Strictly(link.Remove, id => id), "remove is ascending");
        return link;
    }

    private static ImmutableArray<NewAuthority> ReadAdded(CborIn reader, Func<ReadOnlySpan<byte>, VerifyKey> readKey)
    {
        var count = reader.Array(0, Limits.Authorities);
        var added = ImmutableArray.CreateBuilder<NewAuthority>(count);
        for (var i = 0; i < count; i++) added.Add(NewAuthority.Read(reader, readKey));
        return added.MoveToImmutable();
    }

    private static ImmutableArray<AuthorityId> ReadRemoved(CborIn reader)
    {
        var count = reader.Array(0, Limits.Authorities);
        var removed = ImmutableArray.CreateBuilder<AuthorityId>(count);
        for (var i = 0; i < count; i++) removed.Add(reader.Authority());
        return removed.MoveToImmutable();
    }
}
