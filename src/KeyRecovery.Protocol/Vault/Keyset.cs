using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// The key of an epoch, sealed to the KEM keys of the authorities that a link brings (docs/protocol.md §4): all who are
/// active where the link begins the epoch, else those that it adds.
/// </summary>
public sealed class Keyset
{
    private Keyset(ReadOnlyMemory<byte> bytes, AccountId account, ulong epoch, ImmutableArray<KeysetEntry> entries)
    {
        Bytes = bytes;
        Hash = Hash256.Of(bytes.Span);
        Account = account;
        Epoch = epoch;
        Entries = entries;
    }

    /// <summary>The whole structure as it travels and is stored.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>SHA-256 of the bytes, which the link names.</summary>
    public Hash256 Hash { get; }

    /// <summary>The account.</summary>
    public AccountId Account { get; }

    /// <summary>The epoch of the sealed key.</summary>
    public ulong Epoch { get; }

    /// <summary>One entry for each authority that the link brings, ascending by id.</summary>
    public ImmutableArray<KeysetEntry> Entries { get; }

    /// <summary>Seals an epoch key to authorities.</summary>
    /// <param name="key">The epoch key.</param>
    /// <param name="recipients">Those that the link brings, each with its KEM key, which was checked against the chain.
    /// </param>
    public static Keyset Create(EpochKey key, IEnumerable<KeyValuePair<AuthorityId, KemPublicKey>> recipients)
    {
        var entries = recipients.OrderBy(r => r.Key)
            .Select(r => new KeysetEntry(r.Key, r.Value, key.SealTo(r.Key, r.Value)))
            .ToImmutableArray();
        var writer = new CborOut().Array(5)
            .Text(Labels.Keyset).UInt(FormatVersion.Current).Bytes(key.Account).UInt(key.Epoch).Array(entries.Length);
        foreach (var entry in entries) writer.Array(3).Bytes(entry.Id).Bytes(entry.KemKey.Span).Bytes(entry.Seal.Span);
        return new Keyset(writer.ToArray(), key.Account, key.Epoch, entries);
    }

    /// <summary>Reads a keyset. Checks the shape only.</summary>
    /// <exception cref="WireFormatException">Not a keyset.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static Keyset Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        reader.Structure(Labels.Keyset, 5);
        var account = reader.Account();
        var epoch = reader.UInt();
        var count = reader.Array(1, Limits.Authorities);
        var entries = ImmutableArray.CreateBuilder<KeysetEntry>(count);
        for (var i = 0; i < count; i++)
        {
            reader.Array(3);
            entries.Add(new KeysetEntry(
                reader.Authority(), new KemPublicKey(reader.Bytes(KemPublicKey.Size)),
                reader.Bytes(KeysetEntry.SealSize)));
        }
        reader.End();
        WireFormatException.Require(Ascending.Strictly(entries, e => e.Id), "entries are ascending");
        return new Keyset(bytes, account, epoch, entries.MoveToImmutable());
    }

    /// <summary>Checks that this is the keyset that a link brings.</summary>
    /// <param name="head">The head with the link.</param>
    /// <param name="link">The link.</param>
    public ProtocolFault CheckAgainst(ChainHead head, ChainLink link) => Check(
        head, link.KeysetHash, link.BeginsEpoch ? head.Active.Keys : link.Add.Select(a => a.Id));

    internal ProtocolFault Check(ChainHead head, Hash256 hash, IEnumerable<AuthorityId> members)
    {
        if (Account != head.Account) return ProtocolFault.OtherAccount;
        if (Epoch != head.Epoch) return ProtocolFault.KeysetEpoch;
        if (!Entries.Select(e => e.Id).SequenceEqual(members)) return ProtocolFault.KeysetMembers;
        foreach (var entry in Entries)
            if (entry.KemKey.Hash != head.Active[entry.Id].KemKeyHash) return ProtocolFault.SubstitutedKemKey;
        return Hash == hash ? ProtocolFault.None : ProtocolFault.KeysetHash;
    }
}

/// <summary>The epoch key sealed to one authority.</summary>
/// <param name="Id">The authority.</param>
/// <param name="KemKey">Its X-Wing key, 1,216 bytes.</param>
/// <param name="Seal">1,168 bytes (docs/protocol.md §4).</param>
public sealed record KeysetEntry(AuthorityId Id, KemPublicKey KemKey, ReadOnlyMemory<byte> Seal)
{
    /// <summary>The size of a seal in bytes.</summary>
    public const int SealSize = Hpke.Overhead + EpochKey.Size;
}

/// <summary>
/// The keyset of the current epoch: the sum of those that its links brought (docs/protocol.md §4). Nobody leaves within
/// an epoch, so it has one entry for each active authority, and each is provably of a link's signer.
/// </summary>
public sealed class EpochKeyset
{
    private EpochKeyset(ImmutableArray<Keyset> parts, ImmutableArray<EpochSeal> seals) =>
        (Parts, Seals) = (parts, seals);

    /// <summary>The keysets, in the order of the links that brought them.</summary>
    public ImmutableArray<Keyset> Parts { get; }

    /// <summary>One seal for each active authority, ascending by id.</summary>
    public ImmutableArray<EpochSeal> Seals { get; }

    /// <summary>Checks keysets against the links of the newest epoch, and joins them.</summary>
    /// <param name="head">The chain's head.</param>
    /// <param name="links">What the links of its epoch say.</param>
    /// <param name="parts">The keysets, in the order of the links.</param>
    /// <returns>The sum and no fault, or null and why.</returns>
    public static (EpochKeyset? Sum, ProtocolFault Fault) Join(
        ChainHead head, ImmutableArray<EpochSeals> links, ImmutableArray<Keyset> parts)
    {
        if (parts.Length != links.Length) return (null, ProtocolFault.KeysetMembers);
        var seals = ImmutableArray.CreateBuilder<EpochSeal>();
        for (var i = 0; i < parts.Length; i++)
        {
            var brought = links[i];
            var fault = parts[i].Check(head, brought.KeysetHash, brought.Members);
            if (fault != ProtocolFault.None) return (null, fault);
            seals.AddRange(parts[i].Entries.Select(entry => new EpochSeal(entry, brought.Signer)));
        }

        return (new EpochKeyset(parts, [.. seals.OrderBy(s => s.Entry.Id)]), ProtocolFault.None);
    }

    /// <summary>Opens an own seal and checks the key against <paramref name="commit"/>.</summary>
    /// <returns>The key and no fault, or null and why.</returns>
    public (EpochKey? Key, ProtocolFault Fault) Open(AuthorityId own, KemPrivateKey kemKey, Hash256 commit)
    {
        var entry = Find(own)?.Entry;
        if (entry is null) return (null, ProtocolFault.KeysetMembers);
        var key = EpochKey.OpenSeal(Parts[0].Account, Parts[0].Epoch, own, kemKey, entry.Seal.Span);
        if (key is null) return (null, ProtocolFault.OwnSeal);
        if (key.Commit == commit) return (key, ProtocolFault.None);
        key.Dispose();
        return (null, ProtocolFault.EpochCommit);
    }

    /// <summary>The seal to an authority, or null.</summary>
    public EpochSeal? Find(AuthorityId id) => Seals.FirstOrDefault(s => s.Entry.Id == id);

    /// <summary>
    /// Recomputes every seal. An authority whose seal differs could not recover: it is reported today and mended by a
    /// link that begins an epoch, instead of being found out when the phone has drowned.
    /// </summary>
    /// <returns>The seals that are bad, with who made them; empty where all is well.</returns>
    public ImmutableArray<EpochSeal> FindBadSeals(EpochKey key) =>
        [.. Seals.Where(s => !key.SealTo(s.Entry.Id, s.Entry.KemKey).AsSpan().SequenceEqual(s.Entry.Seal.Span))];
}

/// <summary>A seal of the current epoch's key.</summary>
/// <param name="Entry">To whom, and the seal.</param>
/// <param name="MadeBy">Who signed the link that brought it.</param>
public sealed record EpochSeal(KeysetEntry Entry, AuthorityId MadeBy);

/// <summary>What a link of the newest epoch says of the keyset that it brings.</summary>
/// <param name="KeysetHash">SHA-256 of the keyset.</param>
/// <param name="Signer">Who signed the link, and so made the seals.</param>
/// <param name="Members">To whom it seals, ascending.</param>
public sealed record EpochSeals(Hash256 KeysetHash, AuthorityId Signer, ImmutableArray<AuthorityId> Members)
{
    /// <summary>
    /// What the newest epoch's links say after one more: whoever begins an epoch seals its key to all, whoever stays in
    /// it to those that it adds.
    /// </summary>
    /// <param name="before">Of the links before; empty before link 0.</param>
    /// <param name="link">The link, which was checked.</param>
    /// <param name="head">The head with it.</param>
    public static ImmutableArray<EpochSeals> After(
        ImmutableArray<EpochSeals> before, ChainLink link, ChainHead head) =>
        After(before, link, head.Active.Keys);

    internal static ImmutableArray<EpochSeals> After(
        ImmutableArray<EpochSeals> before, ChainLink link, IEnumerable<AuthorityId> active) => link.BeginsEpoch
        ? [new EpochSeals(link.KeysetHash, link.Signer, [.. active])]
        : before.Add(new EpochSeals(link.KeysetHash, link.Signer, [.. link.Add.Select(a => a.Id)]));
}
