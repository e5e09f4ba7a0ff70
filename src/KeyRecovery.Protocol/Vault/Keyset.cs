using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>The current epoch key, sealed to each authority's KEM key (docs/protocol.md §4).</summary>
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

    /// <summary>One entry for each active authority, ascending by id.</summary>
    public ImmutableArray<KeysetEntry> Entries { get; }

    /// <summary>Seals an epoch key to authorities.</summary>
    /// <param name="key">The epoch key.</param>
    /// <param name="recipients">Every active authority with its KEM key, which was checked against the chain.</param>
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
        reader.Array(5);
        reader.Label(Labels.Keyset);
        FormatVersion.Read(reader);
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

    /// <summary>
    /// Checks that this is the keyset of the head: exactly its active authorities, with their KEM keys.
    /// </summary>
    public ProtocolFault CheckAgainst(ChainHead head)
    {
        if (Account != head.Account) return ProtocolFault.OtherAccount;
        if (Epoch != head.Epoch) return ProtocolFault.KeysetEpoch;
        if (!Entries.Select(e => e.Id).SequenceEqual(head.Active.Keys)) return ProtocolFault.KeysetMembers;
        foreach (var entry in Entries)
            if (entry.KemKey.Hash != head.Active[entry.Id].KemKeyHash) return ProtocolFault.SubstitutedKemKey;
        return Hash == head.KeysetHash ? ProtocolFault.None : ProtocolFault.KeysetHash;
    }

    /// <summary>The same for a reader who has the whole chain.</summary>
    public ProtocolFault CheckAgainst(Chain chain) => CheckAgainst(chain.Current);

    /// <summary>Opens an own seal and checks the key against <paramref name="commit"/>.</summary>
    /// <returns>The key and no fault, or null and why.</returns>
    public (EpochKey? Key, ProtocolFault Fault) Open(AuthorityId own, KemPrivateKey kemKey, Hash256 commit)
    {
        var entry = Entries.FirstOrDefault(e => e.Id == own);
        if (entry is null) return (null, ProtocolFault.KeysetMembers);
        var key = EpochKey.OpenSeal(Account, Epoch, own, kemKey, entry.Seal.Span);
        if (key is null) return (null, ProtocolFault.OwnSeal);
        if (key.Commit == commit) return (key, ProtocolFault.None);
        key.Dispose();
        return (null, ProtocolFault.EpochCommit);
    }

    /// <summary>
    /// Recomputes every seal. An authority whose seal differs could not recover: it is reported today and mended by a
    /// link that begins an epoch, instead of being found out when the phone has drowned.
    /// </summary>
    /// <returns>The authorities whose seals are bad; empty where all is well.</returns>
    public ImmutableArray<AuthorityId> FindBadSeals(EpochKey key) =>
        [.. Entries.Where(e => !key.SealTo(e.Id, e.KemKey).AsSpan().SequenceEqual(e.Seal.Span)).Select(e => e.Id)];
}
