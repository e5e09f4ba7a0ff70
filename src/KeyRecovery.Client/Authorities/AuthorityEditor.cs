using System.Collections.Immutable;
using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Identities;
using KeyRecovery.Client.Results;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Authorities;

/// <summary>Changes who belongs to an account: codes, passphrases and devices that come, go, and have names.</summary>
internal sealed class AuthorityEditor(KeyRecoveryOptions options, VaultState state, Committer committer)
{
    private IRandom Random => options.Random;

    public async Task<ClientFailure?> AddCodeAsync(
        RecoveryCode code, bool replaceOthers, CancellationToken ct, DeviceKeys? signer = null, string? token = null)
    {
        using var slot = code.DeriveSlot();
        return await CommitAsync(
            () => Link(new ChainLinkChange(
                [CodeReplacement.EntryOf(slot)], replaceOthers ? Active(AuthorityKind.Code) : [])),
            body => ChainLinkDraft.ProvePossession(slot.Signing, body), ct, signer, token);
    }

    public async Task<Result<int>> RemoveCodesAsync(CancellationToken ct)
    {
        var count = Active(AuthorityKind.Code).Length;
        if (count == 0) return 0;
        return await CommitAsync(() => Removal(Active(AuthorityKind.Code)), null, ct) is { } failure ? failure : count;
    }

    /// <summary>Adds a passphrase slot in place of those that are there.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="signing">Its signing key.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    public Task<Sent> AddPassphraseAsync(
        (NewAuthority, KemPublicKey) slot, SigningKey signing, CancellationToken ct) => SendAsync(
        () => Link(new ChainLinkChange([slot], Active(AuthorityKind.Passphrase))),
        body => ChainLinkDraft.ProvePossession(signing, body), ct);

    public async Task<ClientFailure?> RemovePassphrasesAsync(CancellationToken ct) =>
        Active(AuthorityKind.Passphrase).IsEmpty
            ? new ClientFailure.UnknownPassphrase()
            : await CommitAsync(() => Removal(Active(AuthorityKind.Passphrase)), null, ct);

    public Task<ClientFailure?> MendAsync(CancellationToken ct) =>
        CommitAsync(() => Link(new ChainLinkChange([], [], BeginEpoch: true)), null, ct);

    public async Task<ClientFailure?> RenameAsync(AuthorityId id, string given, CancellationToken ct)
    {
        if (!NameWords.TryRead("a device's name", given, out var name, out var fault)) return fault;
        if (state.Vault.Chain.FindActive(id) is null && await state.RefreshAsync(ct) is { } unread) return unread;
        if (state.Vault.Chain.FindActive(id) is null) return new ClientFailure.NoSuchAuthority(id);
        var isGone = false;
        var failure = await CommitAsync(
            () =>
            {
                isGone = state.Vault.Chain.FindActive(id) is null;
                if (isGone || Note(id).Name == name) return null;
                return new AuthorityEdit(null, new ManifestChange { Notes = [Note(id) with { Name = name }] });
            },
            null, ct);
        return isGone ? new ClientFailure.NoSuchAuthority(id) : failure;
    }

    /// <summary>Locks devices or slots out.</summary>
    /// <param name="request">Whom, and what stays.</param>
    /// <param name="slot">The slot that signs, which is trusted where this device is young; null where this device
    /// signs.</param>
    /// <param name="token">The app's token, where it asks for one beside a slot's signature.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    public async Task<Result<Revocation>> RevokeAsync(
        RevocationRequest request, DeviceKeys? slot, string? token, CancellationToken ct)
    {
        // What a thief added a minute ago has to be seen.
        if (await state.RefreshAsync(ct) is { } unread) return unread;
        if (slot is not null && state.Vault.Chain.FindActive(slot.Id)?.SigningKey != slot.Signing.PublicKey)
            return new ClientFailure.NotOfThisAccount();
        if (request.FindFault(state.View, slot?.Id) is { } fault) return fault;

        // Whom a race adds or removes meanwhile counts as well: the plan is made anew on what is there.
        using var newSlot = request.NewCode?.DeriveSlot();
        // What strangers held is made anew in the same commit; with the next where a slot signs, or it cannot be read.
        using var renewal = request.Stolen && slot is null
            && (await IdentityRenewal.PrepareAsync(state, Random, false, ct)).TryGet(out var made, out _) ? made : null;
        List<RevocationEntry> goes = [];
        RevocationPlan plan = null!;
        var failure = await CommitAsync(
            () =>
            {
                plan = RevocationPlan.Make(state.View, request, slot?.Id);
                goes.AddRange(plan.Goes);
                // Once: where the answer to the first try was lost, the code may be there already.
                var isNew = newSlot is not null && state.Vault.Chain.FindActive(newSlot.Id) is null;
                var link = new ChainLinkChange(isNew ? [CodeReplacement.EntryOf(newSlot!)] : [], plan.Remove);
                if (link is { Add: [], Remove: [] }) return null;
                return new AuthorityEdit(link, new ManifestChange
                {
                    Notes = plan.Marks(state.Open.Private),
                    Put = request.Stolen ? IdentityItem.Due(state.Open) : [],
                })
                {
                    Renewal = renewal?.Fits(state.Open) is true ? renewal : null,
                };
            },
            newSlot is null ? null : body => ChainLinkDraft.ProvePossession(newSlot.Signing, body), ct, slot, token);
        if (failure is not null) return failure;
        var chain = state.Vault.Chain;
        return new Revocation(
            plan with
            {
                Goes = [.. goes.DistinctBy(g => g.Id).Where(g => chain.FindActive(g.Id) is null)],
                SlotsLeft = [.. chain.Active.Where(a => a.IsSlot).Select(a => a.Id)],
            },
            chain.Epoch);
    }

    /// <summary>See <see cref="CodeReplacement"/>, by this device and with a code's signature.</summary>
    /// <param name="token">The app's token, where it asks for one beside a slot's signature.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    public async Task<Result<CodeReplacement>> BeginReplacementAsync(string? token, CancellationToken ct) =>
        await state.RefreshAsync(ct) is { } unread
            ? unread
            : new CodeReplacement(() => state.View, (edit, signer, added, stop) => CommitAsync(
                () => edit() is { } change ? Replacement(change) : null,
                added is null ? null : body => ChainLinkDraft.ProvePossession(added.Signing, body), stop, signer,
                token));

    /// <summary>Writes a link that adds a device.</summary>
    public async Task<Result<ChainLinkDraft>> DraftAdditionAsync(
        (NewAuthority, KemPublicKey) device, CancellationToken ct) =>
        await state.RefreshAsync(ct) is { } failure ? failure
            : AuthorityLimit.FindFull(state.Vault, new ChainLinkChange([device], [])) is { } full ? full
            : DraftAddition(device, state.Api.NowSeconds);

    /// <summary>Commits what the device has signed.</summary>
    public Task<Sent> CommitAdditionAsync(
        (NewAuthority Entry, KemPublicKey KemKey) device, string name, ChainLinkDraft draft,
        IReadOnlyDictionary<AuthorityId, byte[]> possession, CancellationToken ct) =>
        committer.RunAsync(_ => Task.FromResult(BuildAddition(device, name, draft, possession)), ct);

    private Built BuildAddition(
        (NewAuthority Entry, KemPublicKey KemKey) device, string name, ChainLinkDraft draft,
        IReadOnlyDictionary<AuthorityId, byte[]> possession)
    {
        // An answer that was lost: the link stands where the draft put it.
        if (state.Vault.Chain.Contains(draft.Place)) return Built.Done;
        // Written anew on the vault as it is, which gives the signed bytes unless the chain has moved.
        using var now = DraftAddition(device, draft.Link.Time);
        if (!now.Body.Span.SequenceEqual(draft.Body.Span)) return new Built.Over(new Sent.Stale());
        return Write(
            now, new ManifestChange { Notes = [new AuthorityNote(device.Entry.Id, name)] }, possession, state.Keys);
    }

    private ChainLinkDraft DraftAddition((NewAuthority, KemPublicKey) device, ulong time) =>
        ChainLinkDraft.Next(state.Open, new ChainLinkChange([device], []), state.Keys.Id, time, Random);

    private AuthorityNote Note(AuthorityId id) =>
        state.Open.Private.Authorities.FirstOrDefault(n => n.Id == id) ?? new AuthorityNote(id, "");

    private ImmutableArray<AuthorityId> Active(AuthorityKind kind) =>
        [.. state.Vault.Chain.Active.Where(a => a.Kind == kind).Select(a => a.Id)];

    // Who goes is a code that others may know: they may have had the account's own keys.
    private AuthorityEdit Replacement(ChainLinkChange link) => new(
        link, new ManifestChange { Put = link.Remove.IsEmpty ? [] : IdentityItem.Due(state.Open) });

    private static AuthorityEdit Link(ChainLinkChange link) => new(link, new ManifestChange());

    private static AuthorityEdit? Removal(ImmutableArray<AuthorityId> ids) =>
        ids.IsEmpty ? null : Link(new ChainLinkChange([], ids));

    /// <param name="edit">What is to be done to the vault as it is; null where nothing is left to do.</param>
    /// <param name="prove">Signs for the one authority that is added; null where none is.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="signer">Who signs; null for this device.</param>
    /// <param name="token">The app's token, where it asks for one beside a slot's signature.</param>
    private async Task<ClientFailure?> CommitAsync(
        Func<AuthorityEdit?> edit, Func<ReadOnlyMemory<byte>, byte[]>? prove, CancellationToken ct,
        DeviceKeys? signer = null, string? token = null) =>
        (await SendAsync(edit, prove, ct, signer, token)).Failure;

    private Task<Sent> SendAsync(
        Func<AuthorityEdit?> edit, Func<ReadOnlyMemory<byte>, byte[]>? prove, CancellationToken ct,
        DeviceKeys? signer = null, string? token = null) =>
        committer.RunAsync(
            _ => Task.FromResult(edit() is { } now ? Build(now, prove, signer ?? state.Keys) : Built.Done), ct, signer,
            token);

    private Built Build(AuthorityEdit edit, Func<ReadOnlyMemory<byte>, byte[]>? prove, DeviceKeys signer)
    {
        if (edit.Link is not { } link) return Write(null, edit.Manifest, null, signer);
        if (AuthorityLimit.FindFull(state.Vault, link) is { } full) return full;
        using var draft = ChainLinkDraft.Next(state.Open, link, signer.Id, state.Api.NowSeconds, Random);
        var possession = draft.Link.Add.ToDictionary(a => a.Id, _ => prove!(draft.Body));
        if (edit.Renewal is null) return Write(draft, edit.Manifest, possession, signer);
        var (put, inline) = edit.Renewal.Seal(state.Open, draft.Key, state.Api.NowSeconds, Random);
        return Write(draft, edit.Manifest with { Put = put }, possession, signer, inline);
    }

    private CommitBundle Write(
        ChainLinkDraft? draft, ManifestChange change, IReadOnlyDictionary<AuthorityId, byte[]>? possession,
        DeviceKeys signer, ImmutableArray<ReadOnlyMemory<byte>>? inline = null)
    {
        var manifest = ManifestDraft.Next(state.Open, draft, change, signer.Id, signer.Signing, Random);
        return new CommitBundle(draft?.Sign(signer.Signing, possession!), draft?.Keyset, manifest, inline ?? []);
    }

    /// <summary>What a commit does to authorities; no link where only their notes change.</summary>
    private sealed record AuthorityEdit(ChainLinkChange? Link, ManifestChange Manifest)
    {
        /// <summary>New keys of the account's own; null where none are made.</summary>
        public IdentityRenewal? Renewal { get; init; }
    }
}
