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
