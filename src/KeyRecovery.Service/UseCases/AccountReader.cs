using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>Reads and opens the rows of one account.</summary>
internal static class AccountReader
{
    public static async ValueTask<byte[]?> FindAsync(this IDataStore data, AccountRows rows, RowKey key, CancellationToken ct) =>
        await data.ReadAsync(key, ct) is { } row ? rows.Open(row) : null;

    /// <summary>Opens a row that must be there.</summary>
    public static async ValueTask<byte[]> GetAsync(this IDataStore data, AccountRows rows, RowKey key, CancellationToken ct) =>
        await data.FindAsync(rows, key, ct) ?? throw new RowDamagedException(key.Table);

    /// <summary>A row that changes: its value and the version that the next write expects, 0 where there is none.</summary>
    public static async ValueTask<(T Value, long Version)> ReadVersionedAsync<T>(
        this IDataStore data, AccountRows rows, RowKey key, Func<ReadOnlyMemory<byte>, T> decode, T none, CancellationToken ct) =>
        await data.ReadAsync(key, ct) is { } row ? (decode(rows.Open(row)), row.Version) : (none, 0);

    /// <summary>The links up to the account's head, from <paramref name="first"/> on.</summary>
    public static async ValueTask<ImmutableArray<ReadOnlyMemory<byte>>> ReadLinksAsync(
        this IDataStore data, AccountRows rows, AccountState state, ulong first, CancellationToken ct)
    {
        if (first > state.Chain.Sequence) return [];
        var byPlace = new SortedDictionary<ulong, List<ReadOnlyMemory<byte>>>();
        await foreach (var row in data.ScanPrefixAsync(Table.Links, rows.Locator, ct))
        {
            var sequence = AccountRows.LinkSequence(row.Key);
            if (sequence < first || sequence > state.Chain.Sequence) continue;
            if (!byPlace.TryGetValue(sequence, out var list)) byPlace[sequence] = list = [];
            list.Add(rows.Open(row));
        }
        return InChain(byPlace, state.Chain);
    }

    /// <summary>The one link at a place of the account's chain.</summary>
    /// <exception cref="RowDamagedException">It is not there.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadLinkAsync(
        this IDataStore data, AccountRows rows, AccountState state, ulong sequence, CancellationToken ct)
    {
        var found = new List<Row>();
        await foreach (var row in data.ScanPrefixAsync(Table.Links, rows.LinksAt(sequence), ct)) found.Add(row);
        if (found.Count == 1) return rows.Open(found[0]);
        // Another one lost a race there: only the way back from the head tells which.
        var links = found.Count == 0 ? [] : await data.ReadLinksAsync(rows, state, sequence, ct);
        return links.IsEmpty ? throw new RowDamagedException(Table.Links) : links[0];
    }

    // A store that writes row by row can hold links that lost a race: the chain is what the head leads back to.
    private static ImmutableArray<ReadOnlyMemory<byte>> InChain(SortedDictionary<ulong, List<ReadOnlyMemory<byte>>> byPlace, LinkPlace head)
    {
        if (byPlace.Values.All(l => l.Count == 1)) return [.. byPlace.Values.Select(l => l[0])];
        var links = new List<ReadOnlyMemory<byte>>();
        var wanted = head.Hash;
        foreach (var candidates in byPlace.Values.Reverse())
        {
            var link = candidates.Select(SignedLink.Decode).First(l => l.Hash == wanted);
            links.Insert(0, link.Bytes);
            wanted = link.Link.Previous;
        }
        return [.. links];
    }
}
