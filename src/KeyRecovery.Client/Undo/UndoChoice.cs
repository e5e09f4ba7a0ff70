using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Undo;

/// <summary>What an undo makes of one item.</summary>
/// <param name="Id">The item.</param>
/// <param name="Now">Its entry now, or null.</param>
/// <param name="Entry">Its entry in the manifest of the undo: that of now or the base's; null where it goes.</param>
/// <param name="Again">A version whose content is to be put again after it; null where none is.</param>
internal sealed record UndoChoice(ItemId Id, ManifestItem? Now, ManifestItem? Entry, ManifestItem? Again)
{
    public UndoAction Action => Again is not null ? UndoAction.PutAgain
        : Entry is null ? UndoAction.Remove
        : Entry == Now ? UndoAction.Keep
        : UndoAction.Return;

    /// <summary>The version whose content the person gets.</summary>
    public ManifestItem? Wanted => Again ?? Entry;

    /// <summary>
    /// Chooses for every item: what the removed ones wrote or deleted returns, to the newest version that somebody else
    /// had written; the rest stays.
    /// </summary>
    public static ImmutableArray<UndoChoice> All(Facts facts)
    {
        var named = facts.Named.ToLookup(i => i.Id);
        var ids = facts.Now.Items.Concat(facts.UndoneTo.Items).Concat(facts.Named).Select(i => i.Id).Distinct().Order();
        return
        [
            .. ids.Select(id => Of(facts, facts.Now.Find(id), facts.UndoneTo.Find(id), [.. named[id]]))
                .OfType<UndoChoice>(),
        ];
    }

    private static UndoChoice? Of(Facts facts, ManifestItem? now, ManifestItem? then, ManifestItem[] named)
    {
        var id = (now ?? then ?? named[0]).Id;
        var stays = !facts.Everything && (now is null
            ? IsDeletedByOthers(facts, then, named)
            : now == then || !facts.IsByRemoved(now));
        // What stands on an epoch that is left off opens for nobody: there is nothing to keep.
        if (stays && now is null) return null;
        if (stays && facts.Opens(now!)) return new UndoChoice(id, now, now, null);
        // What others wrote off the path is put again as well.
        var newest = stays ? now : Newest(facts.Everything ? [] : named.Where(i => !facts.IsByRemoved(i)), then);
        if (newest is not null && newest == then && facts.MayReturn(then)) return new UndoChoice(id, now, then, null);
        var first = then is not null && facts.MayReturn(then) ? then
            : facts.MayLeaveOut(now, then) ? null : now;
        return newest is null && first is null && now is null ? null : new UndoChoice(id, now, first, newest);
    }

    private static ManifestItem? Newest(IEnumerable<ManifestItem> named, ManifestItem? then) =>
        named.Append(then).OfType<ManifestItem>().MaxBy(i => i.Version);

    // A point that names nothing does not know who deleted: what was there comes back.
    private static bool IsDeletedByOthers(Facts facts, ManifestItem? then, ManifestItem[] named) =>
        named.Length == 0 && (then is null || facts.NamesDeletions);

    /// <summary>What the choice follows from.</summary>
    /// <param name="Now">The manifest of now.</param>
    /// <param name="UndoneTo">The base.</param>
    /// <param name="Named">Versions of trusted writers that a removed one replaced or deleted since.</param>
    /// <param name="NamesDeletions">Whether <paramref name="Named"/> is known.</param>
    /// <param name="Everything">Whether all returns.</param>
    /// <param name="BySlot">Whether a slot signs: it leaves out only what one of both lacks.</param>
    /// <param name="IsByRemoved">Whether a removed one wrote a version.</param>
    /// <param name="Opens">Whether an entry is on the path after the undo.</param>
    /// <param name="IsThere">Whether the server has the bytes of an entry of the base.</param>
    internal sealed record Facts(
        Manifest Now, Manifest UndoneTo, ImmutableArray<ManifestItem> Named, bool NamesDeletions, bool Everything,
        bool BySlot, Func<ManifestItem, bool> IsByRemoved, Func<ManifestItem, bool> Opens,
        Func<ManifestItem, bool> IsThere)
    {
        public bool MayReturn(ManifestItem then) => Opens(then) && IsThere(then);

        public bool MayLeaveOut(ManifestItem? now, ManifestItem? then) => !BySlot || now is null || then is null;
    }
}
