using System.Collections.Immutable;
using System.Diagnostics;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Identities;
using KeyRecovery.Client.Items;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Undo;

/// <summary>An undo on the vault as it is: chosen, with the names of its items, and not yet written.</summary>
[DebuggerDisplay("[redacted]")]
internal sealed class UndoDraft : IDisposable
{
    private readonly VaultView _view;
    private readonly UndoBase _base;
    private readonly EpochKeys _leadTo;
    private readonly UndoNames _named;
    private readonly IReadOnlyDictionary<Hash256, ItemNote> _notes;

    private UndoDraft(
        VaultView view, UndoBase undoneTo, EpochKeys leadTo, ImmutableArray<AuthorityId> remove,
        UndoNames named, IReadOnlyDictionary<Hash256, ItemNote> notes) =>
        (_view, _base, _leadTo, Remove, _named, _notes) = (view, undoneTo, leadTo, remove, named, notes);

    /// <summary>Whom it removes.</summary>
    public ImmutableArray<AuthorityId> Remove { get; }

    /// <summary>What the state told of its authorities; nothing where that does not open.</summary>
    public ImmutableArray<AuthorityNote> Authorities => _base.Content.Private?.Authorities ?? [];

    /// <summary>What becomes of each item.</summary>
    public ImmutableArray<UndoChoice> Choices => _named.Choices;

    /// <summary>What a person is shown.</summary>
    public ImmutableArray<UndoItem> Items =>
    [
        .. Choices.Select(c => new UndoItem(
                _named.NameOf(c, _notes), c.Action, c.Now?.Version, c.Wanted?.Version))
            .Where(i => !ReservedName.Is(i.Name)).OrderBy(i => i.Name, StringComparer.Ordinal),
    ];

    /// <summary>Reads the point, and chooses.</summary>
    /// <param name="view">What the one who undoes holds.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="signer">Who will sign the link: a device, or a slot, which changes no item.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<Result<UndoDraft>> MakeAsync(
        VaultView view, UndoRequest request, DeviceKeys signer, CancellationToken ct)
    {
        if (view.Newest.Chain.FindActive(signer.Id)?.SigningKey != signer.Signing.PublicKey)
            return new ClientFailure.UnknownCode();
        if (!(await PointReader.OpenAsync(view, request.Point, ct)).TryGet(out var undoneTo, out var unread))
            return unread;
        var leadTo = view.FindKeys(undoneTo.Keys);
        Result<UndoDraft>? made = null;
        try
        {
            if (leadTo is null) return made = new ClientFailure.PointDoesNotOpen(ProtocolFault.EpochCommit);
            var culprits = Culprits(view, request, signer.Id);
            ImmutableArray<AuthorityId> remove =
                [.. culprits.Union(request.AlsoRemove).Where(id => view.Newest.Chain.FindActive(id) is not null)];
            if (remove.Contains(signer.Id)) return made = new ClientFailure.Invalid("nobody removes itself");
            // Its epoch is left off only in the link that removes it.
            if (view.Spoiled is { Fault: not ProtocolFault.ManifestPrivate } spoiled && !remove.Contains(spoiled.By)
                && spoiled.By != signer.Id && view.Newest.Chain.FindActive(spoiled.By) is not null)
                return made = new ClientFailure.Spoiled(spoiled.By, view.NameOf(spoiled.By), spoiled.Fault);
            if (!(await ItemOrigins.ReadAsync(view, ct)).TryGet(out var origins, out var failure))
                return made = failure;
            var taken = await TakenAsync(view, undoneTo, request.Point, culprits, origins, ct);
            if (!taken.TryGet(out var known, out var untold)) return made = untold;
            if (!(await FindLostAsync(view, undoneTo, ct)).TryGet(out var lost, out var unseen)) return made = unseen;
            var choices = UndoChoice.All(new UndoChoice.Facts(
                view.Newest.Manifest.Manifest, undoneTo.Content.Manifest.Manifest, known.Versions, known.IsAll,
                request.Everything, view.Newest.Chain.Authorities[signer.Id].IsSlot,
                entry => origins.WriterOf(entry.Hash) is { } writer && culprits.Contains(writer),
                entry => leadTo.Find(entry.Epoch) is not null, entry => !lost.Contains(entry.Hash)));
            if (!(await NotesAsync(view, undoneTo, leadTo, choices, ct)).TryGet(out var notes, out var unnamed))
                return made = unnamed;
            choices = UndoOwn.Settle(choices, notes, entry => leadTo.Find(entry.Epoch) is not null);
            var named = UndoNames.Choose(choices, notes, view.Newest.Chain.Authorities[signer.Id].IsSlot);
            return made = named.Choices.Count(c => c.Entry is not null) > Limits.Items
                ? new ClientFailure.Invalid($"an account has at most {Limits.Items} items: let everything return")
                : new UndoDraft(view, undoneTo, leadTo, remove, named, notes);
        }
        finally
        {
            if (made is not Result<UndoDraft>.Ok)
            {
                leadTo?.Dispose();
                undoneTo.Dispose();
            }
        }
    }

    /// <summary>Writes the commit; none where the account has no room for the device that joins.</summary>
    /// <param name="signer">Who signs the link.</param>
    /// <param name="device">A device that joins with it, and signs the manifest; null where none does.</param>
    /// <param name="deviceName">Its name.</param>
    /// <param name="now">The time, in seconds since 1970.</param>
    /// <param name="random">Draws the epoch's key.</param>
    public Result<CommitBundle> Write(
        DeviceKeys signer, NewDevice? device, string deviceName, ulong now, IRandom random)
    {
        var change = new ChainLinkChange(device is null ? [] : [device.Entry], Remove, BeginEpoch: true);
        if (AuthorityLimit.FindFull(_view.Newest, change) is { } full) return full;
        using var link = ChainLinkDraft.NextEpoch(_view.Newest, _leadTo.Current, change, signer.Id, now, random);
        var possession = device is null ? [] : new Dictionary<AuthorityId, byte[]>
        {
            [device.Id] = ChainLinkDraft.ProvePossession(device.Signing, link.Body),
        };
        var present = Choices.Where(c => c.Entry is not null).ToLookup(c => c.Entry == c.Now, NoteOf);
        var undo = new UndoChange
        {
            Keep = [.. present[true]],
            Return = [.. present[false]],
            Notes = device is null ? [] : [new AuthorityNote(device.Id, deviceName)],
        };
        var manifest = ManifestDraft.Undo(
            _view.Newest, _view.IsOpen ? _view.Good!.Private : null, _base.Content, link, undo,
            device?.Id ?? signer.Id, device?.Signing ?? signer.Signing, random);
        return new CommitBundle(link.Sign(signer.Signing, possession), link.Keyset, manifest, [])
        {
            Base = _base.IsBrought ? _base.Content.Manifest : null,
        };
    }

    /// <summary>
    /// What is to be put again once the undo is done, read now, while its keys are at hand: by name, or why it cannot
    /// be had.
    /// </summary>
    public async Task<ImmutableArray<(string Name, Result<byte[]> Content)>> ReadAgainAsync(CancellationToken ct)
    {
        var contents = ImmutableArray.CreateBuilder<(string, Result<byte[]>)>();
        foreach (var choice in Choices)
        {
            if (choice.Again is not { } entry) continue;
            var name = _named.NameOf(choice, _notes);
            Result<byte[]> content = new ClientFailure.ItemLost(name);
            var failure = await ItemBatches.FetchAsync(_view.Api, _view.Keys, [(name, entry)], (_, bytes) =>
            {
                content = OpenItem(_view, _base, _leadTo, entry, bytes) is { } item
                    ? item.Content : new ClientFailure.ServerLied(ProtocolFault.ItemSeal);
                return null;
            }, ct);
            contents.Add((name, failure ?? content));
        }
        return contents.ToImmutable();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _leadTo.Dispose();
        _base.Dispose();
    }

    // Who is removed held the account's own keys: they are due.
    private ItemNote NoteOf(UndoChoice choice)
    {
        var note = _notes[choice.Entry!.Hash];
        var isDue = note.Name == ReservedName.Identity && (!Remove.IsEmpty || choice.Entry != choice.Now);
        return isDue ? IdentityItem.Due(note) : note;
    }

    private static ImmutableArray<AuthorityId> Culprits(VaultView view, UndoRequest request, AuthorityId signer)
    {
        if (!request.Remove.IsDefault) return [.. request.Remove.Distinct()];
        var culprits = new[] { request.Point.Authority, view.Spoiled?.By }
            .OfType<AuthorityId>().Where(id => id != signer && id != view.Keys.Id).Distinct();
        // What a culprit added is a culprit's.
        return RevocationPlan.Make(view, new RevocationRequest([.. culprits]) { Stolen = true }, signer).Remove;
    }

    // What each culprit replaced or deleted while it was young stands in its own point. Of one that had none, or whose
    // point has ended, nobody knows: then what was there and is gone comes back.
    private static async Task<Result<(ImmutableArray<ManifestItem> Versions, bool IsAll)>> TakenAsync(
        VaultView view, UndoBase undoneTo, RestorePointInfo point, ImmutableArray<AuthorityId> culprits,
        ItemOrigins origins, CancellationToken ct)
    {
        if (culprits.All(id => id == point.Authority)) return (undoneTo.Named, culprits.Length > 0);
        if (!(await PointReader.ListAsync(view, ct)).TryGet(out var points, out var failure)) return failure;
        var versions = undoneTo.Named;
        foreach (var other in points.Where(p => p.Authority is { } id && culprits.Contains(id))
            .DistinctBy(p => p.Manifest).Where(p => p.Manifest != point.Manifest))
        {
            if (!(await PointReader.OpenAsync(view, other, ct)).TryGet(out var opened, out _)) continue;
            using (opened) versions = versions.AddRange(opened.Named);
        }
        // What one culprit took may be what another wrote.
        foreach (var item in versions.Select(v => v.Id).Distinct())
            if (await origins.AddHistoryAsync(view, item, ct) is { } unread) return unread;
        return (versions, culprits.All(id => points.Any(p => p.Authority == id)));
    }

    // A server that lost bytes takes no undo that returns them: what is not there now is asked for.
    private static async Task<Result<HashSet<Hash256>>> FindLostAsync(
        VaultView view, UndoBase undoneTo, CancellationToken ct)
    {
        var (now, lost) = (view.Newest.Manifest.Manifest, new HashSet<Hash256>());
        var returning = undoneTo.Content.Manifest.Manifest.Items.Where(i => now.Find(i.Id) != i)
            .Select(i => ($"{i.Id}", i)).ToList();
        return await ItemBatches.FetchAsync(
            view.Api, view.Keys, returning, (_, _) => null, ct, i => lost.Add(returning[i].i.Hash)) is { } failure
            ? failure : lost;
    }

    // The name of an item stands in the sealed parts that open, and else in the item.
    private static async Task<Result<Dictionary<Hash256, ItemNote>>> NotesAsync(
        VaultView view, UndoBase undoneTo, EpochKeys leadTo, ImmutableArray<UndoChoice> choices, CancellationToken ct)
    {
        var now = view.Good?.Private.Items.ToDictionary(n => n.Id) ?? [];
        var then = undoneTo.Content.Private?.Items.ToDictionary(n => n.Id) ?? [];
        var notes = new Dictionary<Hash256, ItemNote>();
        var unknown = new List<(string Name, ManifestItem Entry)>();
        foreach (var entry in choices.SelectMany(c => new[] { c.Now, c.Entry, c.Again }).OfType<ManifestItem>()
            .Distinct())
        {
            var known = view.Good?.Vault.Manifest.Manifest.Find(entry.Id)?.Hash == entry.Hash
                ? now.GetValueOrDefault(entry.Id)
                : undoneTo.Content.Manifest.Manifest.Find(entry.Id)?.Hash == entry.Hash
                    ? then.GetValueOrDefault(entry.Id) : null;
            if (known is not null) notes[entry.Hash] = known;
            else unknown.Add(($"{entry.Id}", entry));
        }

        // What is lost cannot be named, and does not keep the rest from coming back.
        var failure = await ItemBatches.FetchAsync(view.Api, view.Keys, unknown, (i, bytes) =>
        {
            var entry = unknown[i].Entry;
            notes[entry.Hash] = OpenItem(view, undoneTo, leadTo, entry, bytes) is { } item
                ? new ItemNote(entry.Id, item.Name, item.Content.Length, view.Api.NowSeconds)
                : Unnamed(entry, view.Api.NowSeconds);
            return null;
        }, ct, i => notes[unknown[i].Entry.Hash] = Unnamed(unknown[i].Entry, view.Api.NowSeconds));
        if (failure is not null) return failure;
        return notes;
    }

    private static ItemNote Unnamed(ManifestItem entry, ulong now) => new(entry.Id, $"lost {entry.Id}", 0, now);

    private static OpenedItem? OpenItem(
        VaultView view, UndoBase undoneTo, EpochKeys leadTo, ManifestItem entry, ReadOnlyMemory<byte> bytes)
    {
        if (entry.Check(view.Newest.Account, bytes.Span) != ProtocolFault.None) return null;
        var key = leadTo.Find(entry.Epoch) ?? undoneTo.Keys.Find(entry.Epoch) ?? view.Good?.Keys.Find(entry.Epoch);
        return key is null ? null : SealedItem.Open(key, bytes.Span);
    }
}
