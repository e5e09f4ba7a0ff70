using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Operations;

/// <summary>What a server asks of a manifest's items.</summary>
internal static class ItemRules
{
    /// <summary>The items that differ between two manifests.</summary>
    /// <param name="before">The manifest before, or null.</param>
    /// <param name="after">The manifest.</param>
    /// <param name="undoneTo">In an undo, the base.</param>
    public static ImmutableArray<ItemChange> Changes(Manifest? before, Manifest after, Manifest? undoneTo = null)
    {
        var changes = ImmutableArray.CreateBuilder<ItemChange>();
        foreach (var item in after.Items)
        {
            var old = before?.Find(item.Id);
            if (old != item) changes.Add(new ItemChange(old, item, undoneTo?.Find(item.Id)));
        }
        foreach (var old in before?.Items ?? [])
            if (after.Find(old.Id) is null) changes.Add(new ItemChange(old, null));
        return changes.ToImmutable();
    }

    /// <summary>The caps on one item and on all together. An account that is over may still shrink.</summary>
    public static ServiceFailure? CheckSizes(Manifest after, ImmutableArray<ItemChange> changes, AppPolicy policy)
    {
        var cap = SealedItem.MaxSizeOf(policy.ItemBytes);
        var largest = changes.Where(c => !c.IsReturn).Max(c => c.After?.Size) ?? 0;
        if (largest > cap) return ServiceFailure.Limit("items.size", cap, largest);
        var growth = changes.Sum(c => (c.After?.Size ?? 0) - (c.Before?.Size ?? 0));
        var bytes = after.Items.Sum(i => i.Size);
        return growth > 0 && bytes > Limits.AccountBytes
            ? ServiceFailure.Limit("account.size", Limits.AccountBytes, bytes - growth)
            : null;
    }

    /// <summary>Whether an account has more by it: what an undo brings back was kept all the time.</summary>
    public static bool BringsMore(ImmutableArray<ItemChange> changes) =>
        changes.Where(c => !c.IsReturn).Sum(c => (c.After?.Size ?? 0) - (c.Before?.Size ?? 0)) > 0;

    /// <summary>
    /// Checks a changed item's bytes, whose hash is known to be the entry's, against its entry and its history.
    /// </summary>
    public static ProtocolFault CheckBytes(AccountId account, ItemChange change, ReadOnlySpan<byte> sealedItem)
    {
        if (change.After!.CheckHeader(account, sealedItem) is var fault and not ProtocolFault.None) return fault;
        return change.IsReturn
            || ItemHeader.Read(sealedItem).Previous == ManifestItem.PreviousOf(change.Before, change.UndoneTo)
            ? ProtocolFault.None : ProtocolFault.ItemHeader;
    }
}
