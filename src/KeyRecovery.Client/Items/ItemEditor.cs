using System.Collections.Immutable;
using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Items;

/// <summary>
/// Changes an account's items, in as many commits as they need. What another device did to other items passes unseen;
/// the same item is a conflict.
/// </summary>
internal sealed class ItemEditor(KeyRecoveryOptions options, VaultState state, Committer committer)
{
    /// <summary>Makes changes to the items as this device knows them.</summary>
    public async Task<ClientFailure?> EditAsync(
        ImmutableArray<ItemEdit> edits, CancellationToken ct, IProgress<(int Done, int Of)>? progress = null)
    {
        if (!ItemEdit.ReadAll(edits).TryGet(out var named, out var invalid)) return invalid;
        var seen = named.ToDictionary(e => e.Name, e => state.Open.FindItem(e.Name)?.Hash, StringComparer.Ordinal);
        if (await EditAsync(named, seen, progress, ct) is { } failure) return failure;
        // What waited for the network gives way to what was decided since.
        await state.ForgetQueuedAsync([.. state.Queue.Edits.Where(e => seen.ContainsKey(e.Name))], ct);
        return null;
    }

    /// <summary>Makes changes to the items as they were seen.</summary>
    /// <param name="named">The changes, under the names' one spelling.</param>
    /// <param name="seen">The hash of each item; null where there was none.</param>
    /// <param name="progress">Told after each commit.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<ClientFailure?> EditAsync(
        ImmutableArray<ItemEdit> named, IReadOnlyDictionary<string, Hash256?> seen,
        IProgress<(int Done, int Of)>? progress, CancellationToken ct)
    {
        if (await CheckPolicyAsync(named, ct) is { } over) return over;
        // Removals last: where an earlier commit fails, nothing is gone that something else was to take the place of.
        var work = new Work(options, state, [.. named.OrderBy(e => e is ItemEdit.Remove)], seen);
        var isBegun = false;
        while (work.Left.Count > 0)
        {
            var sent = await committer.RunAsync(last => work.BuildAsync(last, ct), ct);
            if (sent.Failure is { } failure)
            {
                var left = work.Left.Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
                return !isBegun ? failure : new ClientFailure.PartlyDone(
                    [.. named.Select(e => e.Name).Where(n => !left.Contains(n))], [.. left], failure);
            }
            await work.FinishAsync(ct);
            isBegun = true;
            CallTime.Renew();
            progress?.Report((named.Length - work.Left.Count, named.Length));
        }
        return null;
    }

    // A server sees sealed and padded sizes alone, which tell nothing of the last few bytes: the device counts. It asks
    // what the app allows only where an item is larger than apps allow by default.
    private async Task<ClientFailure?> CheckPolicyAsync(ImmutableArray<ItemEdit> edits, CancellationToken ct)
    {
        var largest = edits.OfType<ItemEdit.Put>().Max(put => (int?)put.Content.Length) ?? 0;
        if (largest <= Limits.ItemBytes) return null;
        var told = (await state.Api.GetConfigAsync(options.App, ct)).Read(ClientJson.Default.ConfigJson);
        if (!told.TryGet(out var config, out var failure)) return failure;
        // A server that allows more than the protocol does changes nothing: that was checked before.
        var limit = Math.Clamp(config.Policy?.ItemBytes ?? Limits.ItemBytes, 0, Limits.MaxItemBytes);
        return largest > limit ? LimitWords.Item(limit, largest) : null;
    }

    /// <summary>The edits of one call, commit by commit.</summary>
    private sealed class Work(
        KeyRecoveryOptions options, VaultState state, ImmutableArray<ItemEdit> edits,
        IReadOnlyDictionary<string, Hash256?> seen)
    {
        private readonly SealedPuts _puts = new(options.Random);
        private readonly HashSet<Hash256> _stored = [];
        private readonly CachedItems _cache = new(state);
        private ImmutableArray<ItemEdit> _underWay = [];

        public List<ItemEdit> Left { get; } = [.. edits];

        /// <summary>
        /// Builds the next commit. The items of all commits to come are watched: another device may change any of them.
        /// </summary>
        public async Task<Built> BuildAsync(Sent? last, CancellationToken ct)
        {
            if (last is not null && IsThere()) return Built.Done;
            if (last is Sent.Missing) _stored.Clear();
            _underWay = [];
            if (await FindConflictsAsync(ct) is { } conflict) return conflict;
            if (Left.Count == 0) return Built.Done;
            if (Left.FirstOrDefault(e => e is ItemEdit.Remove && seen[e.Name] is null) is { } unknown)
                return new ClientFailure.NoSuchItem(unknown.Name);

            var plan = SealedEdits.Make(state.Open, Left, _puts, state.Api.NowSeconds);
            if (CountAfter(Left) > Limits.Items || CountAfter(plan.Edits) > Limits.Items)
                return LimitWords.Known("items", Limits.Items, state.Open.Private.Items.Length);
            if (await StoreAsync(plan.Staged, ct) is { } failed) return failed;
            _underWay = plan.Edits;
            var manifest = ManifestDraft.Next(
                state.Open, null, plan.Change, state.Keys.Id, state.Keys.Signing, options.Random);
            return new CommitBundle(null, null, manifest, plan.Inline);
        }

        /// <summary>The commit that was built last is done.</summary>
        public async Task FinishAsync(CancellationToken ct)
        {
            foreach (var edit in _underWay)
            {
                if (_puts.Find(edit.Name) is { } put) await _cache.KeepAsync(put.Hash, put.Bytes, ct);
                _puts.Forget(edit.Name);
            }
            Left.RemoveAll(_underWay.Contains);
        }

        // The commit whose answer was lost, and on which another device has built since.
        private bool IsThere() => _underWay.All(edit => edit is ItemEdit.Put
            ? state.Open.FindItem(edit.Name)?.Hash == _puts.Find(edit.Name)?.Hash
            : state.Open.FindItem(edit.Name) is null);

        private int CountAfter(IReadOnlyCollection<ItemEdit> made) => state.Open.Private.Items.Length
            + made.Count(e => e is ItemEdit.Put && seen[e.Name] is null) - made.Count(e => e is ItemEdit.Remove);

        private async Task<ClientFailure?> StoreAsync(ImmutableArray<SealedPut> staged, CancellationToken ct)
        {
            foreach (var item in staged)
            {
                if (_stored.Contains(item.Hash)) continue;
                var stored = Outcome.Of(await state.Api.PutItemAsync(state.Keys, item.Hash, item.Bytes, ct));
                if (stored.Failure is { } failure) return failure;
                _stored.Add(item.Hash);
                CallTime.Renew();
            }
            return null;
        }

        private async Task<ClientFailure?> FindConflictsAsync(CancellationToken ct)
        {
            var conflicts = ImmutableArray.CreateBuilder<ItemConflict>();
            foreach (var edit in Left.ToList())
            {
                var now = state.Open.FindItem(edit.Name);
                if (now?.Hash == seen[edit.Name]) continue;
                ReadOnlyMemory<byte>? theirs = null;
                if (now is not null)
                {
                    var read = await new ItemReader(state).OpenAsync(edit.Name, now, ct);
                    if (!read.TryGet(out var content, out var failure)) return failure;
                    theirs = content;
                }
                var mine = (edit as ItemEdit.Put)?.Content;
                // Both want the same; or it is this device's own change, whose answer was lost with its process.
                if (mine is { } wanted ? theirs is { } there && wanted.Span.SequenceEqual(there.Span) : theirs is null)
                {
                    Left.Remove(edit);
                    continue;
                }
                conflicts.Add(new ItemConflict(edit.Name, mine, theirs, now?.Version ?? 0));
            }
            return conflicts.Count == 0 ? null : new ClientFailure.Conflict(conflicts.ToImmutable());
        }
    }
}
