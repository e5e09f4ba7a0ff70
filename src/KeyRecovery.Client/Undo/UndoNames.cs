using System.Collections.Immutable;
using System.Text;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Undo;

/// <summary>
/// An undo's choices with names of their own. What comes back may have a name that somebody has given to another item
/// since: that one keeps it, and what comes back is put again under a name beside it.
/// </summary>
internal sealed class UndoNames
{
    private readonly Dictionary<ItemId, string> _renamed = [];

    private UndoNames(ImmutableArray<UndoChoice> choices) => Choices = choices;

    public ImmutableArray<UndoChoice> Choices { get; private set; }

    /// <param name="choices">What becomes of each item.</param>
    /// <param name="notes">The names of all versions in them.</param>
    /// <param name="bySlot">Whether a slot signs, which leaves out nothing that both manifests have.</param>
    public static UndoNames Choose(
        ImmutableArray<UndoChoice> choices, IReadOnlyDictionary<Hash256, ItemNote> notes, bool bySlot)
    {
        var names = new UndoNames(choices);
        var taken = choices.Where(c => c.Wanted is not null && c.Wanted == c.Now).Select(c => notes[c.Now!.Hash].Name)
            .ToHashSet(StringComparer.Ordinal);
        var free = ImmutableArray.CreateBuilder<UndoChoice>(choices.Length);
        foreach (var choice in choices)
        {
            var comesBack = choice.Wanted is { } wanted && wanted != choice.Now;
            if (!comesBack || taken.Add(notes[choice.Wanted!.Hash].Name))
            {
                free.Add(choice);
                continue;
            }

            names._renamed[choice.Id] = Beside(notes[choice.Wanted!.Hash].Name, taken);
            free.Add(choice with { Entry = bySlot ? choice.Now : null, Again = choice.Wanted });
        }

        names.Choices = free.ToImmutable();
        return names;
    }

    /// <summary>The name that the person is shown, and under which the item is put again.</summary>
    public string NameOf(UndoChoice choice, IReadOnlyDictionary<Hash256, ItemNote> notes) =>
        _renamed.GetValueOrDefault(choice.Id) ?? notes[(choice.Wanted ?? choice.Now)!.Hash].Name;

    private static string Beside(string name, HashSet<string> taken)
    {
        for (var number = 2; ; number++)
        {
            var (ending, beginning) = ($" ({number})", name);
            while (Encoding.UTF8.GetByteCount(beginning + ending) > Limits.NameBytes)
                beginning = beginning[..^(char.IsLowSurrogate(beginning[^1]) ? 2 : 1)];
            if (taken.Add(beginning + ending)) return beginning + ending;
        }
    }
}
