using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Deletes items that an account row is about to name no more. Each is read before that row is written, and deleted as
/// it was read: whoever comes to name it anew stores it anew, and the deletion is refused.
/// </summary>
/// <param name="data">The data store.</param>
/// <param name="rows">The account's rows.</param>
/// <param name="manifest">The manifest of that state.</param>
/// <param name="next">The state that names them no more.</param>
internal sealed class Leftovers(IDataStore data, AccountRows rows, Manifest manifest, AccountState next)
{
    /// <summary>The deletions of staged items that give way, to be written behind the account row.</summary>
    public async ValueTask<IReadOnlyList<RowWrite>> OfStagedAsync(IEnumerable<Hash256> items, CancellationToken ct)
    {
        var deletions = new List<RowWrite>();
        foreach (var hash in items)
        {
            if (IsNamed(hash) || await data.ReadAsync(rows.Item(hash), ct) is not { } row) continue;
            // An older version that somebody has stored once more stays an older version.
            var id = ItemHeader.Read(rows.Open(row)).Id;
            var history = await data.FindAsync(rows, rows.History(id), ct);
            if (history is null || ItemHistory.Decode(history).All(e => e.Item.Hash != hash))
                deletions.Add(new RowWrite.Delete(row));
        }

        return deletions;
    }

    /// <summary>
    /// The deletions of older versions that are past their time or number, to be written behind the account row.
    /// </summary>
    public async ValueTask<IReadOnlyList<RowWrite>> OfVersionsAsync(IEnumerable<Hash256> items, CancellationToken ct)
    {
        var deletions = new List<RowWrite>();
        foreach (var hash in items.Distinct())
            if (!IsNamed(hash) && await data.HeadAsync(rows.Item(hash), ct) is { } row)
                deletions.Add(new RowWrite.Delete(row));
        return deletions;
    }

    private bool IsNamed(Hash256 hash) =>
        next.Staged.Any(s => s.Hash == hash) || manifest.Items.Any(i => i.Hash == hash);
}
