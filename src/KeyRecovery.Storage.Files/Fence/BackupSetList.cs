using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Keys;
using KeyRecovery.Storage.Files.Backups;

namespace KeyRecovery.Storage.Files.Fence;

/// <summary>
/// The backup sets that hold keys, and their escrows: which of them hold a KEK, and until when. Escrows that lie there
/// and are not listed count as well.
/// </summary>
/// <param name="list">Where the sets are listed, for all instances.</param>
/// <param name="escrows">Where the escrows of the sets lie, for all instances; null where none are kept here.</param>
/// <param name="time">Tells what has expired.</param>
public sealed class BackupSetList(ISetList list, EscrowFolder? escrows, TimeProvider time) : IBackupSets
{
    private volatile Known _known = new([], []);

    /// <inheritdoc/>
    public ValueTask AddAsync(BackupSetId set, KekId lowest, DateTimeOffset expiresAt, CancellationToken ct) =>
        list.AddAsync(new ListedSet(set, lowest.Value, expiresAt.ToUnixTimeSeconds()), ct);

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> LastHoldingAsync(KekId kek, CancellationToken ct)
    {
        // The list only grows: who holds it still does. Only that nobody does is asked anew.
        if (Last(_known.All) is { } held && held > time.GetUtcNow()) return held;
        return Last(await SetsAsync(ct).ConfigureAwait(false));

        DateTimeOffset? Last(IReadOnlyList<ListedSet> sets)
        {
            var now = time.GetUtcNow();
            DateTimeOffset? last = null;
            foreach (var set in sets)
            {
                if (set.Kek > kek.Value) continue;
                var ends = DateTimeOffset.FromUnixTimeSeconds(set.ExpiresAt);
                // Its end is a promise that the escrow is gone.
                if (ends <= now && escrows?.IsGone(set.Set) != true) ends = DateTimeOffset.MaxValue;
                if (last is null || ends > last) last = ends;
            }

            return last;
        }
    }

    /// <summary>Whether no set was ever put on the list.</summary>
    /// <exception cref="Service.Stores.StoreUnavailableException">It cannot be read.</exception>
    public async ValueTask<bool> IsEmptyAsync(CancellationToken ct) =>
        (await SetsAsync(ct).ConfigureAwait(false)).Count == 0;

    /// <summary>Whether a set was ever put on the list.</summary>
    /// <exception cref="Service.Stores.StoreUnavailableException">It cannot be read.</exception>
    public async ValueTask<bool> KnowsAsync(BackupSetId set, CancellationToken ct) =>
        (await SetsAsync(ct).ConfigureAwait(false)).Any(listed => listed.Set == set);

    /// <summary>When the last set expires that has not; null where all have.</summary>
    /// <exception cref="Service.Stores.StoreUnavailableException">It cannot be read.</exception>
    public async ValueTask<DateTimeOffset?> HeldUntilAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var living = (await SetsAsync(ct).ConfigureAwait(false)).Where(set => set.ExpiresAt > now).ToList();
        return living.Count == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(living.Max(set => set.ExpiresAt));
    }

    /// <summary>
    /// Destroys the escrows of all sets that have expired. It cannot be undone: whoever calls must believe the clock.
    /// </summary>
    /// <returns>How many could not be destroyed: an alarm.</returns>
    /// <exception cref="Service.Stores.StoreUnavailableException">The list cannot be read.</exception>
    public async ValueTask<int> DestroyExpiredAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        return (await SetsAsync(ct).ConfigureAwait(false))
            .Count(set => set.ExpiresAt <= now && escrows?.TryDestroy(set.Set) != true);
    }

    private async ValueTask<IReadOnlyList<ListedSet>> SetsAsync(CancellationToken ct)
    {
        var listed = await list.ReadAsync(ct).ConfigureAwait(false);
        if (ReferenceEquals(listed, _known.Listed) && listed.Count > 0) return _known.All;
        var known = new Known(listed, [.. listed, .. Unlisted(listed)]);
        _known = known;
        return known.All;
    }

    // A list that was lost, or is an older one: an escrow that is there opens its set all the same. Which KEKs it has
    // is sealed.
    private IEnumerable<ListedSet> Unlisted(IReadOnlyList<ListedSet> listed)
    {
        var known = listed.Select(set => set.Set).ToHashSet();
        return escrows is null ? [] : escrows.Find().Where(escrow => !known.Contains(escrow.Set))
            .Select(escrow => new ListedSet(escrow.Set, 1, (long)escrow.ExpiresAt));
    }

    private sealed record Known(IReadOnlyList<ListedSet> Listed, IReadOnlyList<ListedSet> All);
}
