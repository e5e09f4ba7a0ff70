using System.Collections.Immutable;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Logs;
using KeyRecovery.Client.Restores;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Watching;

/// <summary>
/// Finds what has happened to an account since a place. Who came and went is in the signed chain, items in the
/// manifest; the server's activity, verified against both and its log, says when, from where, and what else was done.
/// </summary>
internal sealed class AccountChanges(
    KeyRecoveryOptions options, VaultState state, ActivityReader activity, RestoreEditor restores)
{
    private const int FewEntries = 8;
    private const int ManyEntries = 128;

    // Names of who is gone, and of items: the account as it is now does not tell them.
    private readonly Dictionary<AuthorityId, string> _names = [];
    private readonly HashSet<object> _standing = [];
    private DateTimeOffset? _behind;
    private ulong? _heldEntry;
    private bool _isHeld;
    private bool _awaitsEntry;

    /// <summary>The place behind all that this device knows, but for the server's activity.</summary>
    public WatchPlace Now(WatchPlace? before) => state.Read(open => new WatchPlace(
        before?.Entries ?? 0, open.Vault.Chain.Head.Link.Sequence + 1, ItemsOf(open), before?.Realms ?? []));

    /// <summary>Looks.</summary>
    /// <param name="place">Up to where it was told.</param>
    /// <param name="isFirst">Whether nobody has watched on this device before: of what was done up to now only what
    /// still waits for the person is told.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Result<Changes>> LookAsync(WatchPlace place, bool isFirst, CancellationToken ct)
    {
        LearnNames();
        var failure = await state.RefreshAsync(ct);
        var entries = new List<ActivityEntry>();
        var hasLog = failure is null;
        if (failure is null)
        {
            var read = await ReadEntriesAsync(isFirst ? null : place.Entries, ct);
            if (read.TryGet(out var told, out failure)) entries.AddRange(told);
            // A server that keeps none: chain and manifest tell what they can.
            hasLog = failure is null;
            if (failure is ClientFailure.Refused { Type: ProblemTypes.NotFound }) failure = null;
        }
        LearnNames();

        var events = ImmutableArray.CreateBuilder<AccountEvent>();
        if (!isFirst) events.AddRange(Authorities(place, entries));
        if (!isFirst) events.AddRange(entries.Select(Told).OfType<AccountEvent>());
        if (!isFirst && Items(place, entries) is { } items) events.Add(items);
        if (failure is null) await HearHoldAsync(events, hasLog, ct);
        events.AddRange(Standing());
        var next = Now(place) with { Entries = entries is [.., var newest] ? newest.Number + 1 : place.Entries };
        return new Changes(events.ToImmutable(), next) { Failure = failure };
    }

    // The oldest first. The first watcher of a device reads the newest entry alone: to know where it begins.
    private async Task<Result<List<ActivityEntry>>> ReadEntriesAsync(ulong? from, CancellationToken ct)
    {
        var (entries, before, limit) = (new List<ActivityEntry>(), (ulong?)null, from is null ? 1 : FewEntries);
        while (true)
        {
            if (!(await activity.ReadAsync(before, limit, ct)).TryGet(out var read, out var failure)) return failure;
            entries.AddRange(read.Entries.Where(e => from is null || e.Number >= from));
            before = read.Before;
            if (from is null || before is null || read.Entries is not [.., var last] || last.Number <= from) break;
            limit = ManyEntries;
        }
        entries.Reverse();
        return entries;
    }

    private List<AccountEvent> Authorities(WatchPlace place, List<ActivityEntry> entries) => state.Read(open =>
    {
        var events = new List<AccountEvent>();
        foreach (var signed in open.Vault.Links.Skip((int)Math.Min(place.Links, int.MaxValue)))
        {
            var link = signed.Link;
            var signer = Who(open, link.Signer);
            var entry = entries.Find(e => e.Added.Any(a => link.Add.Any(l => l.Id == a.Id))
                || e.Removed.Any(r => link.Remove.Contains(r.Id)));
            var at = entry?.At ?? ToldTime.At(link.Time);
            var isRecovery = signer.Kind is not (null or AuthorityKind.Device);
            events.AddRange(link.Add.Select(a => Who(open, a.Id)).Select(who => (AccountEvent)(
                isRecovery && who.Kind == AuthorityKind.Device
                    ? new AccountEvent.CameBack(who) : new AccountEvent.Added(who)) with
            {
                At = at, By = signer, Network = entry?.Network ?? "",
            }));
            events.AddRange(link.Remove.Select(id => new AccountEvent.Removed(Who(open, id))
            {
                At = at, By = signer, Network = entry?.Network ?? "",
            }));
        }
        return events;
    });

    private AccountEvent? Told(ActivityEntry entry)
    {
        AccountEvent? what = entry.Event switch
        {
            AuditEvent.RecoveryTried => new AccountEvent.RecoveryTried(),
            AuditEvent.ErasureRequested when entry.Number != _heldEntry =>
                new AccountEvent.ErasureHeld(state.HeldErasure),
            AuditEvent.ErasureCancelled => new AccountEvent.ErasureCancelled(),
            AuditEvent.Undone => new AccountEvent.WentBack(),
            AuditEvent.Repaired => new AccountEvent.Repaired(),
            AuditEvent.FoundRestored or AuditEvent.Restored => new AccountEvent.Restored(),
            _ => null,
        };
        if (what is AccountEvent.ErasureHeld) (_isHeld, _awaitsEntry) = (true, false);
        if (what is AccountEvent.ErasureCancelled) _isHeld = false;
        return what is null ? null : what with { At = entry.At, By = entry.By, Network = entry.Network };
    }

    private AccountEvent.ItemsChanged? Items(WatchPlace place, List<ActivityEntry> entries) => state.Read(open =>
    {
        var now = ItemsOf(open);
        var changed = now.Where(i => place.Items.GetValueOrDefault(i.Key) != i.Value).Select(i => i.Key)
            .Concat(place.Items.Keys.Where(name => !now.ContainsKey(name))).ToImmutableArray();
        if (changed.IsEmpty) return null;
        var changes = entries.Where(e => e.Event is AuditEvent.Created or AuditEvent.Committed
            or AuditEvent.Undone or AuditEvent.Repaired).ToList();
        var own = state.Keys.Id;
        if (changes.Count > 0 ? changes.TrueForAll(e => e.By?.Id == own)
            : open.Vault.Manifest.Manifest.Signer == own) return null;
        var newest = changes.FindLast(e => e.By?.Id != own);
        return new AccountEvent.ItemsChanged(changed)
        {
            At = newest?.At ?? ToldTime.At(open.Vault.Head.Head.Time),
            By = newest?.By ?? Who(open, open.Vault.Manifest.Manifest.Signer),
            Network = newest?.Network ?? "",
        };
    });

    // One that was asked for before the watch began stands still; or the server has no log that would tell of it.
    private async Task HearHoldAsync(
        ImmutableArray<AccountEvent>.Builder events, bool hasLog, CancellationToken ct)
    {
        if (state.HeldErasure is { } due && !_isHeld)
        {
            var asked = hasLog && (await activity.ReadAsync(null, ManyEntries, ct)).TryGet(out var read, out _)
                ? read.Entries.FirstOrDefault(e => e.Event == AuditEvent.ErasureRequested) : null;
            // The entry, which says by whom, follows within a second: the next look has it.
            if (hasLog && asked is null && !_awaitsEntry)
            {
                _awaitsEntry = true;
                return;
            }
            (_isHeld, _awaitsEntry) = (true, false);
            _heldEntry = asked?.Number;
            events.Add(new AccountEvent.ErasureHeld(due)
            {
                At = asked?.At ?? options.Time.GetUtcNow(), By = asked?.By, Network = asked?.Network ?? "",
            });
        }
        else if (!hasLog && state.HeldErasure is null && _isHeld)
        {
            _isHeld = false;
            events.Add(new AccountEvent.ErasureCancelled { At = options.Time.GetUtcNow() });
        }
    }

    // What waits for the person: once in a watch.
    private IEnumerable<AccountEvent> Standing()
    {
        var now = options.Time.GetUtcNow();
        foreach (var conflict in restores.Conflicts.Where(c => _standing.Add((c.RestoredAt, c.Fault, c.KnownVersion))))
            yield return new AccountEvent.Conflicting(conflict) { At = conflict.RestoredAt };
        // Told anew where it was over in between.
        if (restores.Behind is not { } behind) _behind = null;
        else if (_behind != behind.RestoredAt)
            yield return new AccountEvent.Behind(behind) { At = (_behind = behind.RestoredAt).Value };
        if (state.Clone is { } clone && _standing.Add(clone))
            yield return new AccountEvent.CloneSuspected(clone) { At = clone.SeenAt };
        if (state.Log.Finding is { } finding && _standing.Add((finding.Fault, finding.SeenAt)))
            yield return new AccountEvent.LogDoubted(finding) { At = finding.SeenAt < now ? finding.SeenAt : now };
    }

    private ActivityAuthority Who(OpenVault open, AuthorityId id)
    {
        var who = ActivityAuthority.Of(open, state.Keys.Id, id);
        return who.Name.Length > 0 ? who : who with { Name = _names.GetValueOrDefault(id, "") };
    }

    private void LearnNames() => state.Read(open =>
    {
        foreach (var note in open.Private.Authorities) _names[note.Id] = note.Name;
        return true;
    });

    private static ImmutableSortedDictionary<string, Hash256> ItemsOf(OpenVault open) =>
        open.Private.Items.Where(note => !ReservedName.Is(note.Name)).ToImmutableSortedDictionary(
            note => note.Name, note => open.Vault.Manifest.Manifest.Find(note.Id)!.Hash, StringComparer.Ordinal);
}
