using System.Collections.Immutable;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// Slots of which there is something to tell their apps, as this process has counted it. It costs a guess no write: the
/// slot's row has it all, and where a process dies it is found there.
/// </summary>
internal sealed class SlotNews
{
    // Whoever comes behind them is found in its row.
    private const int Most = 10_000;

    private readonly Lock _turn = new();
    private readonly HashSet<AuthorityId> _slots = [];

    /// <summary>Notes a slot of which there is something to tell.</summary>
    public void Note(AuthorityId slot, RealmEvents events)
    {
        if (events.News().Any()) Note([slot]);
    }

    /// <summary>Notes slots again that were taken.</summary>
    public void Note(IEnumerable<AuthorityId> slots)
    {
        lock (_turn)
        {
            foreach (var slot in slots)
                if (_slots.Count < Most) _slots.Add(slot);
        }
    }

    /// <summary>Takes some, at most so many.</summary>
    public ImmutableArray<AuthorityId> Take(int most)
    {
        lock (_turn)
        {
            ImmutableArray<AuthorityId> taken = [.. _slots.Take(most)];
            _slots.ExceptWith(taken);
            return taken;
        }
    }
}
