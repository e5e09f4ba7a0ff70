using System.Collections.Immutable;
using System.Text;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Passphrases;
using KeyRecovery.Client.Realms;
using KeyRecovery.Client.Results;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Accounts;

/// <summary>
/// Changes an account: builds a commit on the vault as this device knows it, sends it, and builds it anew on what
/// another device made of the vault meanwhile. Changes to other items pass unseen; the same item is a conflict.
/// </summary>
internal sealed class VaultEditor(KeyRecoveryOptions options, VaultState state)
{
    private const int Rounds = 32;

    private static readonly TimeSpan LookLimit = TimeSpan.FromSeconds(10);

    private readonly RealmKeeper _realms = new(options, state);

    private IRandom Random => options.Random;

    public async Task<ClientFailure?> EditItemsAsync(ImmutableArray<ItemEdit> edits, CancellationToken ct)
    {
        if (Invalid(edits) is { } invalid) return invalid;
        var seen = edits.ToDictionary(e => e.Name, e => ItemReader.Find(state.Open, e.Name));
        for (var round = 0; round < Rounds; round++)
        {
            var missing = edits.FirstOrDefault(e => e is ItemEdit.Remove && ItemReader.Find(state.Open, e.Name) is null);
            if (missing is not null) return new ClientFailure.NoSuchItem(missing.Name);

            var plan = ItemPlan.Make(state.Open, edits, state.Api.NowSeconds, Random);
            if (await UploadAsync(plan.Staged, ct) is { } failed) return failed;
            var manifest = ManifestDraft.Next(state.Open, null, plan.Change, state.Keys.Id, state.Keys.Signing, Random);
            var outcome = await SendAsync(new CommitBundle(null, null, manifest, plan.Inline), ct);
            if (!outcome.IsStale) return outcome.Failure;
            if (await FindConflictsAsync(edits, seen, ct) is { } conflict) return conflict;
        }
        return TooBusy;
    }

    public Task<ClientFailure?> AddCodeAsync(RecoveryCode code, bool replaceOthers, CancellationToken ct) => CommitLinkAsync(
        () =>
        {
            using var slot = code.DeriveSlot();
            var entry = NewAuthority.Of(slot.Id, AuthorityKind.Code, slot.Signing.PublicKey, slot.Kem.PublicKey);
            return new LinkChange([(entry, slot.Kem.PublicKey)], replaceOthers ? Codes() : []);
        },
        body =>
        {
            using var slot = code.DeriveSlot();
            return new Dictionary<AuthorityId, byte[]> { [slot.Id] = LinkDraft.ProvePossession(slot.Signing, body) };
        },
        ct);

    public async Task<Result<int>> RemoveCodesAsync(CancellationToken ct)
    {
        var count = Codes().Length;
        if (count == 0) return 0;
        return await CommitLinkAsync(() => new LinkChange([], Codes()), NoPossession, ct) is { } failure ? failure : count;
    }

    /// <summary>Adds a passphrase slot in place of those that are there.</summary>
    public Task<ClientFailure?> AddPassphraseAsync(NewPassphraseSlot slot, CancellationToken ct) => CommitAsync(
        () => new AuthorityEdit(new LinkChange([slot.Entry], Active(AuthorityKind.Passphrase)), new ManifestChange { RealmKeys = slot.Management }),
        body => new Dictionary<AuthorityId, byte[]> { [slot.Keys.Id] = LinkDraft.ProvePossession(slot.Keys.Signing, body) },
        ct);

    public async Task<ClientFailure?> RemovePassphrasesAsync(CancellationToken ct) => Active(AuthorityKind.Passphrase).IsEmpty
        ? new ClientFailure.UnknownPassphrase()
        : await CommitAsync(
            () => Active(AuthorityKind.Passphrase) is { IsEmpty: false } slots ? new AuthorityEdit(new LinkChange([], slots), new ManifestChange()) : null,
            NoPossession, ct);

    public Task<ClientFailure?> MendAsync(CancellationToken ct) =>
        CommitLinkAsync(() => new LinkChange([], [], BeginEpoch: true), NoPossession, ct);

    public async Task<ClientFailure?> RenameAsync(AuthorityId id, string name, CancellationToken ct)
    {
        if (Encoding.UTF8.GetByteCount(name) > Limits.NameBytes) return new ClientFailure.Invalid($"a name has at most {Limits.NameBytes} bytes");
        if (state.Vault.Chain.FindActive(id) is null && await state.RefreshAsync(ct) is { } unread) return unread;
        if (state.Vault.Chain.FindActive(id) is null) return new ClientFailure.NoSuchAuthority(id);
        var isGone = false;
        var failure = await CommitAsync(
            () =>
            {
                isGone = state.Vault.Chain.FindActive(id) is null;
                return isGone || Note(id).Name == name ? null : new AuthorityEdit(null, new ManifestChange { Notes = [Note(id) with { Name = name }] });
            },
            NoPossession, ct);
        return isGone ? new ClientFailure.NoSuchAuthority(id) : failure;
    }

    public async Task<Result<Revocation>> RevokeAsync(
        ImmutableArray<AuthorityId> ids, bool stolen, ImmutableArray<AuthorityId> keep, CancellationToken ct)
    {
        if (ids.IsDefaultOrEmpty) return new ClientFailure.Invalid("nobody to revoke was named");
        if (ids.Contains(state.Keys.Id)) return new ClientFailure.Invalid("a device cannot revoke itself");
        // What a thief added a minute ago has to be seen.
        if (await state.RefreshAsync(ct) is { } unread) return unread;
        foreach (var id in ids)
            if (state.Vault.Chain.FindActive(id) is null) return new ClientFailure.NoSuchAuthority(id);

        // Whom a race adds or removes meanwhile counts as well: the plan is made anew on what is there.
        HashSet<AuthorityId> removed = [], replace = [];
        var failure = await CommitAsync(
            () =>
            {
                var plan = RevocationPlan.Make(state.Vault.Chain, state.Keys.Id, ids, stolen);
                ImmutableArray<AuthorityId> remove = [.. plan.Remove.Except(keep)];
                removed.UnionWith(remove);
                replace.UnionWith(plan.Replace);
                ImmutableArray<AuthorityNote> notes = [.. plan.Replace.Select(slot => Note(slot) with { Replace = true })];
                return remove.IsEmpty ? null : new AuthorityEdit(new LinkChange([], remove), new ManifestChange { Notes = notes });
            },
            NoPossession, ct);
        if (failure is not null) return failure;
        var chain = state.Vault.Chain;
        return new Revocation(
            [.. removed.Where(id => chain.FindActive(id) is null)], [.. replace.Where(id => chain.FindActive(id) is not null)], chain.Epoch);
    }

    /// <summary>Writes a link that adds a device.</summary>
    public async Task<Result<LinkDraft>> DraftAdditionAsync((NewAuthority, KemPublicKey) device, CancellationToken ct) =>
        await state.RefreshAsync(ct) is { } failure ? failure : DraftAddition(device, state.Api.NowSeconds);

    /// <summary>Commits what the device has signed.</summary>
    public async Task<Sent> CommitAdditionAsync(
        (NewAuthority Entry, KemPublicKey KemKey) device, string name, LinkDraft draft, IReadOnlyDictionary<AuthorityId, byte[]> possession, CancellationToken ct)
    {
        for (var round = 0; round < Rounds; round++)
        {
            // An answer that was lost: the link stands where the draft put it.
            if (state.Vault.Chain.Contains(draft.Place)) return Sent.Of(null);
            // Written anew on the vault as it is, which gives the signed bytes unless the chain has moved.
            var now = DraftAddition(device, draft.Link.Time);
            if (!now.Body.Span.SequenceEqual(draft.Body.Span)) return Sent.Stale;
            var change = new ManifestChange { Notes = [new AuthorityNote(device.Entry.Id, name)] };
            var outcome = await SendAsync(Write(now, change, possession), ct);
            if (!outcome.IsStale) return outcome;
        }
        return Sent.Of(TooBusy);
    }

    private LinkDraft DraftAddition((NewAuthority, KemPublicKey) device, ulong time) =>
        LinkDraft.Next(state.Open, new LinkChange([device], []), state.Keys.Id, time, Random);

    private AuthorityNote Note(AuthorityId id) =>
        state.Open.Private.Authorities.FirstOrDefault(n => n.Id == id) ?? new AuthorityNote(id, "");

    private static ClientFailure.Transient TooBusy => new("other devices keep changing the account", null);

    private static Dictionary<AuthorityId, byte[]> NoPossession(ReadOnlyMemory<byte> body) => [];

    private ImmutableArray<AuthorityId> Codes() => Active(AuthorityKind.Code);

    private ImmutableArray<AuthorityId> Active(AuthorityKind kind) =>
        [.. state.Vault.Chain.Active.Where(a => a.Kind == kind).Select(a => a.Id)];

    private Task<ClientFailure?> CommitLinkAsync(
        Func<LinkChange> change, Func<ReadOnlyMemory<byte>, Dictionary<AuthorityId, byte[]>> prove, CancellationToken ct) =>
        CommitAsync(() => new AuthorityEdit(change(), new ManifestChange()), prove, ct);

    private async Task<ClientFailure?> CommitAsync(
        Func<AuthorityEdit?> edit, Func<ReadOnlyMemory<byte>, Dictionary<AuthorityId, byte[]>> prove, CancellationToken ct)
    {
        for (var round = 0; round < Rounds; round++)
        {
            if (edit() is not { } now) return null;
            var draft = now.Link is { } link ? LinkDraft.Next(state.Open, link, state.Keys.Id, state.Api.NowSeconds, Random) : null;
            var outcome = await SendAsync(Write(draft, now.Manifest, draft is null ? null : prove(draft.Body)), ct);
            if (draft is not null && draft.Key != state.Open.Keys.Current) draft.Key.Dispose();
            if (!outcome.IsStale) return outcome.Failure;
        }
        return TooBusy;
    }

    private CommitBundle Write(LinkDraft? draft, ManifestChange change, IReadOnlyDictionary<AuthorityId, byte[]>? possession) => new(
        draft?.Sign(state.Keys.Signing, possession!), draft?.Keyset,
        ManifestDraft.Next(state.Open, draft, change with { TakenRealmKeys = Taken() }, state.Keys.Id, state.Keys.Signing, Random), []);

    private ImmutableArray<(AuthorityId, RealmKeyName)> Taken() =>
        [.. state.TakenRealmKeys.Select(t => (t.Key.Slot, new RealmKeyName(t.Key.Realm, t.Value)))];

    /// <summary>What a commit does to authorities; no link where only their notes change.</summary>
    private sealed record AuthorityEdit(LinkChange? Link, ManifestChange Manifest);

    private async Task<Sent> SendAsync(CommitBundle commit, CancellationToken ct)
    {
        using var removed = HeldRealmKeys.Of(state.Open, commit.Link?.Link.Remove ?? []);
        var answer = await state.Api.CommitAsync(state.Keys, commit.Encode(), null, ct);
        // A server that lost something is repaired by the refresh, and the change is then built anew as after a race.
        if (answer is Answer.Problem { Type: "stale-version" or "repair-required" or "vault-lost" })
            return await state.RefreshAsync(ct) is { } failure ? Sent.Of(failure) : Sent.Stale;
        if (answer is Answer.Unreachable && await HasArrivedAsync(commit, ct))
        {
            if (commit.Link is not null) await _realms.FollowAsync(removed, ct);
            return Sent.Of(null);
        }
        return VaultApi.Read(answer, ClientJson.Default.HeadsJson) switch
        {
            Result<HeadsJson>.Ok ok => Sent.Of(await AcceptAsync(commit, ok.Value, removed, ct)),
            Result<HeadsJson>.Failed failed => Sent.Of(failed.Failure),
            _ => throw new InvalidOperationException("a result is one of two"),
        };
    }

    // No answer is no refusal: a look at the vault tells whether the commit went through, where it can be had.
    private async Task<bool> HasArrivedAsync(CommitBundle commit, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(LookLimit);
        try
        {
            if (await state.RefreshAsync(limit.Token) is not null) return false;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
        return state.Vault.Manifest.Hash == commit.Manifest.Hash
            || (commit.Link is { } link && state.Vault.Chain.Contains(new LinkPlace(link.Link.Sequence, link.Hash)));
    }

    private async Task<ClientFailure?> AcceptAsync(CommitBundle commit, HeadsJson heads, HeldRealmKeys removed, CancellationToken ct)
    {
        if (await state.AcceptOwnAsync(commit, heads, ct) is { } failure) return failure;
        if (commit.Link is not null) await _realms.FollowAsync(removed, ct);
        return null;
    }

    private async Task<ClientFailure?> UploadAsync(ImmutableArray<(Hash256 Hash, ReadOnlyMemory<byte> Bytes)> staged, CancellationToken ct)
    {
        foreach (var (hash, bytes) in staged)
            if (await state.Api.PutItemAsync(state.Keys, hash, bytes, ct) is var answer and not Answer.Success) return Failures.Of(answer);
        return null;
    }

    private async Task<ClientFailure?> FindConflictsAsync(
        ImmutableArray<ItemEdit> edits, Dictionary<string, ManifestItem?> seen, CancellationToken ct)
    {
        var conflicts = ImmutableArray.CreateBuilder<ItemConflict>();
        foreach (var edit in edits)
        {
            var now = ItemReader.Find(state.Open, edit.Name);
            if (now == seen[edit.Name]) continue;
            var theirs = now is null ? null : await new ItemReader(state).OpenAsync(edit.Name, now, ct);
            if (theirs is Result<byte[]>.Failed failed) return failed.Failure;
            conflicts.Add(new ItemConflict(
                edit.Name, (edit as ItemEdit.Put)?.Content, theirs is Result<byte[]>.Ok ok ? ok.Value : (ReadOnlyMemory<byte>?)null, now?.Version ?? 0));
        }
        return conflicts.Count == 0 ? null : new ClientFailure.Conflict(conflicts.ToImmutable());
    }

    private static ClientFailure.Invalid? Invalid(ImmutableArray<ItemEdit> edits)
    {
        if (edits.Select(e => e.Name).Distinct(StringComparer.Ordinal).Count() != edits.Length) return new("an item is named twice");
        foreach (var edit in edits)
        {
            if (Encoding.UTF8.GetByteCount(edit.Name) is < 1 or > Limits.NameBytes) return new($"an item's name has 1 to {Limits.NameBytes} bytes");
            if (edit is ItemEdit.Put { Content.Length: > Limits.MaxItemBytes }) return new($"an item has at most {Limits.MaxItemBytes} bytes");
        }
        return null;
    }
}
