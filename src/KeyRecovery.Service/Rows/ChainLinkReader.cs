using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rows;

/// <summary>Reads the links of an account, chunk by chunk, by the names that lead from its row.</summary>
internal sealed class ChainLinkReader(IDataStore data, AccountRows rows, AccountState state)
{
    /// <summary>The newest chunk; null where another commit has replaced it since the account row was read.</summary>
    public ValueTask<Chunk?> NewestAsync(CancellationToken ct) =>
        data.FindAsync(rows, Table.Links, state.LinkChunk, ct);

    /// <summary>All links, the oldest first, one chunk in memory at a time.</summary>
    /// <exception cref="RowDamagedException">A chunk is missing.</exception>
    public async IAsyncEnumerable<ChainLinkEntry> ReadAllAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var newest = await NewestAsync(ct) ?? throw new RowDamagedException(Table.Links);
        foreach (var place in newest.Before)
        {
            var chunk = await data.FindAsync(rows, Table.Links, place.Name, ct)
                ?? throw new RowDamagedException(Table.Links);
            foreach (var entry in chunk.Entries) yield return ChainLinkEntry.Decode(entry);
        }

        foreach (var entry in newest.Entries) yield return ChainLinkEntry.Decode(entry);
    }

    /// <summary>The signed links from a sequence number on; null where another commit has come in between.</summary>
    public async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>?> FindFromAsync(ulong first, CancellationToken ct)
    {
        if (first > state.Chain.Sequence) return [];
        if (await NewestAsync(ct) is not { } newest) return null;
        var links = new List<ReadOnlyMemory<byte>>((int)(state.Chain.Sequence - first) + 1);
        for (var i = 0; i < newest.Before.Length; i++)
        {
            var end = i + 1 < newest.Before.Length ? newest.Before[i + 1].First : newest.First;
            if (end <= first) continue;
            if (await data.FindAsync(rows, Table.Links, newest.Before[i].Name, ct) is not { } chunk) return null;
            Take(chunk);
        }

        Take(newest);
        return links;

        void Take(Chunk chunk)
        {
            var skipped = first > chunk.First ? (int)(first - chunk.First) : 0;
            links.AddRange(chunk.Entries.Skip(skipped).Select(e => ChainLinkEntry.Decode(e).Link));
        }
    }

    /// <summary>The link at a place of the chain; at most two point reads.</summary>
    /// <exception cref="RowDamagedException">It is not there.</exception>
    public async ValueTask<SignedChainLink> ReadAsync(ulong sequence, CancellationToken ct)
    {
        var newest = await NewestAsync(ct) ?? throw new RowDamagedException(Table.Links);
        var chunk = await data.FindHoldingAsync(rows, Table.Links, newest, sequence, ct);
        return chunk is not null && sequence - chunk.First < (ulong)chunk.Entries.Length
            ? SignedChainLink.Decode(ChainLinkEntry.Decode(chunk.Entries[(int)(sequence - chunk.First)]).Link)
            : throw new RowDamagedException(Table.Links);
    }

    /// <summary>Whether a link is in the chain.</summary>
    public async ValueTask<bool> ContainsAsync(ChainPlace place, CancellationToken ct) =>
        place.Sequence <= state.Chain.Sequence && (await ReadAsync(place.Sequence, ct)).Hash == place.Hash;
}
