using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// The bytes of an account, by one rule (docs/storage.md §4): current and staged items together have a cap, older
/// versions another. Staged items give way, the oldest first; older versions are trimmed.
/// </summary>
/// <param name="Live">The current items' sealed sizes.</param>
/// <param name="Kept">The older versions'.</param>
/// <param name="KeptGrowth">How much the change adds to them.</param>
/// <param name="Staged">The staged items after it.</param>
/// <param name="GivenWay">Those that had to go.</param>
internal sealed record AccountBytes(
    long Live, long Kept, long KeptGrowth, ImmutableArray<StagedItem> Staged, IReadOnlyList<Hash256> GivenWay)
{
    /// <summary>What is there after a change that the rules have accepted.</summary>
    /// <param name="change">The change.</param>
    /// <param name="returning">Older versions that it makes current again: their sealed sizes.</param>
    public static AccountBytes After(AccountChange change, long returning)
    {
        var live = change.Manifest.Manifest.Items.Sum(i => i.Size);
        var growth = change.Changes.Sum(c => c.Before?.Size ?? 0) - returning;
        var staged = change.Before?.Staged ?? [];
        HashSet<Hash256> taken = staged.IsEmpty ? [] : [.. change.Manifest.Manifest.Items.Select(i => i.Hash)];
        var (kept, gone) = GiveWay([.. staged.Where(s => !taken.Contains(s.Hash))], live);
        return new AccountBytes(live, (change.Before?.KeptBytes ?? 0) + growth, growth, kept, gone);
    }

    /// <summary>Staged items that there is room for beside the current ones, the newest kept.</summary>
    public static (ImmutableArray<StagedItem> Kept, IReadOnlyList<Hash256> Gone) GiveWay(
        ImmutableArray<StagedItem> staged, long live)
    {
        var gone = new List<Hash256>();
        var bytes = staged.Sum(s => s.Size);
        while (staged.Length > Limits.StagedItems
            || (staged.Length > 0 && (bytes > Limits.StagedBytes || live + bytes > Limits.AccountBytes)))
        {
            gone.Add(staged[0].Hash);
            bytes -= staged[0].Size;
            staged = staged.RemoveAt(0);
        }

        return (staged, gone);
    }
}
