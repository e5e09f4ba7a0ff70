using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Undo;

/// <summary>
/// What an undo makes of the account's own keys (docs/protocol.md §19.1): it never brings back older ones, which
/// somebody may know who was locked out since.
/// </summary>
internal static class UndoOwn
{
    /// <param name="choices">What becomes of each item.</param>
    /// <param name="notes">The names of all versions in them.</param>
    /// <param name="opens">Whether an entry is on the path after the undo.</param>
    public static ImmutableArray<UndoChoice> Settle(
        ImmutableArray<UndoChoice> choices, IReadOnlyDictionary<Hash256, ItemNote> notes,
        Func<ManifestItem, bool> opens)
    {
        // Of two the one that is there now: whoever put it in the other's place is removed, and it is due.
        var hasNow = choices.Any(c => NameOf(c) == ReservedName.Identity && c.Now is { } now && opens(now));
        return
        [
            .. choices.Select(Settled)
                .Where(c => c is not { Now: null, Entry: null, Again: null }),
        ];

        UndoChoice Settled(UndoChoice choice)
        {
            var isNow = choice.Now is { } now && opens(now);
            if (NameOf(choice) == ReservedName.Identity)
            {
                var staysNow = isNow || (hasNow && choice.Now is null);
                return choice with { Entry = staysNow ? choice.Now : choice.Entry, Again = null };
            }
            // What opens older messages is left out by none.
            var isLeftOut = isNow && choice.Action == UndoAction.Remove
                && NameOf(choice).StartsWith(ReservedName.IdentityBefore, StringComparison.Ordinal);
            return isLeftOut ? choice with { Entry = choice.Now } : choice;
        }

        string NameOf(UndoChoice choice) => notes[(choice.Now ?? choice.Entry ?? choice.Again)!.Hash].Name;
    }
}
