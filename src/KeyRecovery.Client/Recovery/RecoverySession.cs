using System.Collections.Immutable;
using System.Security.Cryptography;
using KeyRecovery.Client.Authorities;
using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Identities;
using KeyRecovery.Client.Items;
using KeyRecovery.Client.Passphrases;
using KeyRecovery.Client.Realms;
using KeyRecovery.Client.Recovery;
using KeyRecovery.Client.Restores;
using KeyRecovery.Client.Results;
using KeyRecovery.Client.Undo;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>
/// An account as its recovery code or passphrase opens it, before anything is changed: what a person must see first.
/// Proves that the code or passphrase works, so it serves as the drill as well.
/// </summary>
public sealed class RecoverySession : IDisposable
{
    private readonly KeyRecoveryOptions _options;
    private readonly VaultApi _api;
    private readonly IDeviceStore _store;
    private readonly DeviceKeys _slot;
    private readonly string? _token;
    private readonly UnlockedSlot? _unlocked;
    private readonly VaultView _read;
    private readonly SlotAccount _account;
    private ImmutableArray<AuthorityNote> _then = [];

    private RecoverySession(
        KeyRecoveryOptions options, VaultApi api, IDeviceStore store, DeviceKeys slot, string? token, VaultView view,
        UnlockedSlot? unlocked)
    {
        _unlocked = unlocked;
        _options = options;
        _api = api;
        _store = store;
        _slot = slot;
        _token = token;
        _read = view;
        _account = new SlotAccount(options, token, view);
        Log = new RecoveryLog(options, api, slot, token, () => View, _account.RefreshAsync);
    }

    /// <summary>The account.</summary>
    public AccountId Account => View.Newest.Account;

    /// <summary>When somebody was last added or removed, by the signer's clock.</summary>
    public DateTimeOffset LastAuthorityChange => ToldTime.At(View.Newest.Chain.Head.Link.Time);

    /// <summary>The devices and slots of the account. The person decides which devices are lost.</summary>
    public ImmutableArray<AuthorityInfo> Authorities =>
        AuthorityInfo.AllOf(View.Newest, Notes, View.Good?.FindBadSeals() ?? [], _slot.Id);

    /// <summary>
    /// Who wrote what nobody can open; null where all opens. Items are then unknown, and names until
    /// <see cref="PlanUndoAsync"/> has read them in an earlier state: recover by <see cref="CompleteWithUndoAsync"/>,
    /// which goes back to what was before.
    /// </summary>
    public ClientFailure.Spoiled? Spoiled => View.Spoiled is { } spoiled
        ? new ClientFailure.Spoiled(
            spoiled.By, Notes.FirstOrDefault(n => n.Id == spoiled.By)?.Name ?? "", spoiled.Fault)
        : null;

    /// <summary>
    /// What the account waits for, where a restored server lacks its newest links. From
    /// <see cref="BehindInfo.OpensAt"/> on, <see cref="CompleteAsync"/> goes on without them.
    /// </summary>
    public BehindInfo? Behind => RestoreTelling.Behind(View.Newest, View.Good?.Private, _slot.Id);

    /// <summary>When the server was last restored from a backup, by its signed word; null where it was not.</summary>
    public DateTimeOffset? RestoredAt => View.Newest.Claims is [.., var newest]
        ? ToldTime.At(newest.Claim.Time) : null;

    /// <summary>The devices that could be removed.</summary>
    public ImmutableArray<AuthorityInfo> Devices => [.. Authorities.Where(a => a.Kind == AuthorityKind.Device)];

    /// <summary>
    /// Realms of a passphrase that lied or could not be had, while the others sufficed; all of them once
    /// <see cref="CompleteAsync"/> is done, before that those whose answers are in. Empty for a code.
    /// </summary>
    public ImmutableArray<RealmReport> RealmReports => _unlocked?.Reports ?? [];

    /// <summary>What the server's log says of what it shows.</summary>
    public RecoveryLog Log { get; }

    /// <summary>The items that come back.</summary>
    public ImmutableArray<ItemInfo> Items => View.Good is { } open ? ItemInfo.AllOf(open) : [];

    private VaultView View => _account.View;

    internal static async Task<Result<RecoverySession>> ReadAsync(
        KeyRecoveryOptions options, VaultApi api, IDeviceStore store, DeviceKeys slot, string? token,
        CancellationToken ct, UnlockedSlot? unlocked = null, bool takesOlder = false)
    {
        // A commit may have raced the first reading of the two.
        for (var isLast = false; ; isLast = true)
        {
            var read = await RecoveryReader.ReadAsync(options, api, slot, token, ct);
            if (!read.TryGet(out var view, out var failure)) return failure;
            var fault = unlocked is null ? null : await unlocked.FindFaultAsync(
                new Descent(view.Newest, (version, end) => api.RecoverAsync(slot, version, token, end)),
                view.HomeKeys, ct);
            var isOlder = fault is ClientFailure.RolledBackByRealm or ClientFailure.RestoredBehindRealm;
            if (fault is null || (takesOlder && isOlder))
            {
                var session = new RecoverySession(options, api, store, slot, token, view, unlocked);
                await session.Log.LookAsync(ct);
                return session;
            }
            view.Good?.Dispose();
            if (isLast || !isOlder) return fault;
        }
    }

    /// <summary>
    /// Fetches and opens every item, as a proof that the code brings all of them back. Nothing is changed.
    /// </summary>
    /// <param name="progress">Told after each item: how many of how many.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Result<int>> CheckItemsAsync(
        IProgress<(int Done, int Of)>? progress = null, CancellationToken ct = default) =>
        Call.RunAsync(() => FetchAllAsync(progress, ct), ct);

    private async Task<Result<int>> FetchAllAsync(IProgress<(int Done, int Of)>? progress, CancellationToken ct)
    {
        if (View.Good is not { } open) return Spoiled!;
        var items = open.Vault.Manifest.Manifest.Items
            .Select((e, i) => (open.Private.Items[i].Name, Entry: e)).OrderBy(i => ReservedName.Is(i.Name)).ToList();
        var count = items.Count(item => !ReservedName.Is(item.Name));
        var failure = await ItemBatches.FetchAsync(_api, _slot, items, (i, bytes) =>
        {
            var (content, fault) = open.OpenItem(items[i].Entry, bytes.Span);
            if (content is null) return new ClientFailure.ServerLied(fault);
            CryptographicOperations.ZeroMemory(content);
            if (i < count) progress?.Report((i + 1, count));
            return null;
        }, ct);
        return failure is null ? count : failure;
    }

    /// <summary>The earlier states that the account can be returned to, the newest first.</summary>
    public Task<Result<ImmutableArray<RestorePointInfo>>> ListRestorePointsAsync(CancellationToken ct = default) =>
        Call.RunAsync(() => PointReader.ListAsync(View, ct), ct);

    /// <summary>What recovering with an undo would do. Nothing is changed.</summary>
    public Task<Result<UndoPlan>> PlanUndoAsync(UndoRequest request, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Call.RunAsync(() => PlanAsync(request, ct), ct);
    }

    private async Task<Result<UndoPlan>> PlanAsync(UndoRequest request, CancellationToken ct)
    {
        if (!(await UndoDraft.MakeAsync(View, request, _slot, ct)).TryGet(out var draft, out var failure))
            return failure;
        using (draft)
        {
            _then = draft.Authorities;
            return new UndoPlan(request, draft.Remove, draft.Items);
        }
    }

    /// <summary>Makes this device part of the account and removes the lost ones, in one link.</summary>
    /// <param name="deviceName">This device's name, at most 64 bytes of UTF-8.</param>
    /// <param name="remove">The devices and slots to remove; the code itself cannot be among them.</param>
    /// <param name="ct">Cancels; begin the recovery again to learn what came of it.</param>
    public Task<Result<Recovered>> CompleteAsync(
        string deviceName, ImmutableArray<AuthorityId> remove, CancellationToken ct = default)
    {
        if (remove.IsDefault) remove = [];
        return NamedAsync(deviceName, name => View.Newest.BehindSince is not null
            ? _store.RunAloneAsync(() => GoOnAsync(name, remove, ct), ct)
            : RemoveAsync(name, () => new RevocationPlan(
                [
                    .. remove.Where(id => View.Newest.Chain.FindActive(id) is not null)
                        .Select(id => RevocationPlan.Entry(View, id, RevocationReason.Named)),
                ], [], []), null, false, ct), ct);
    }

    /// <summary>What <see cref="CompleteWithRevocationAsync"/> would remove. Nothing is changed.</summary>
    public RevocationPlan PlanRevocation(RevocationRequest request) =>
        RevocationPlan.Make(View, request, _slot.Id);

    /// <summary>
    /// As <see cref="CompleteAsync"/>, of devices that were stolen: what came in through them goes in the same link.
    /// </summary>
    /// <param name="deviceName">This device's name, at most 64 bytes of UTF-8.</param>
    /// <param name="request">Whom, and what goes along: show <see cref="PlanRevocation"/> first. The code itself stays.
    /// </param>
    /// <param name="ct">Cancels; begin the recovery again to learn what came of it.</param>
    public Task<Result<Recovered>> CompleteWithRevocationAsync(
        string deviceName, RevocationRequest request, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return NamedAsync(deviceName, async name => request.FindFault(View, _slot.Id) is { } fault
            ? fault
            : await RemoveAsync(
                name, () => RevocationPlan.Make(View, request, _slot.Id), request.NewCode, request.Stolen, ct), ct);
    }

    /// <summary>
    /// Puts a new code in the place of the one that this recovery was begun with, without making this device part of
    /// the account: as <see cref="VaultSession.ReplaceCodeAsync"/>.
    /// </summary>
    /// <param name="next">The new one, which the user has written down already: it counts before the old one is gone.
    /// </param>
    /// <param name="anew">Whether to go on where one was put in its place before, and is lost.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    public Task<Result<Revocation>> ReplaceCodeAsync(
        RecoveryCode next, bool anew = false, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(next);
        return Call.RunAsync(() => ReplaceAsync(r => r.ReplaceAsync(_slot, next, anew, ct)), ct);
    }

    /// <summary>As <see cref="VaultSession.FinishCodeReplacementAsync"/>, with the code of this recovery.</summary>
    public Task<Result<Revocation>> FinishCodeReplacementAsync(CancellationToken ct = default) =>
        Call.RunAsync(() => ReplaceAsync(r => r.FinishAsync(_slot, ct)), ct);

    /// <summary>
    /// Makes this device part of the account, removes the culprits and returns to an earlier state, in one commit. What
    /// is to be put again, this device stores then.
    /// </summary>
    /// <param name="deviceName">This device's name, at most 64 bytes of UTF-8.</param>
    /// <param name="undo">The state, and whom to remove; the code itself cannot be among them.</param>
    /// <param name="ct">Cancels; begin the recovery again to learn what came of it.</param>
    public Task<Result<Recovered>> CompleteWithUndoAsync(
        string deviceName, UndoRequest undo, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(undo);
        return NamedAsync(deviceName, name => UndoAsync(name, undo, ct), ct);
    }

    private static Task<Result<Recovered>> NamedAsync(
        string given, Func<string, Task<Result<Recovered>>> go, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(given, "deviceName");
        return Call.RunAsync(async () => NameWords.TryRead("a device's name", given, out var name, out var fault)
            ? await go(name) : fault, ct);
    }

    private async Task<Result<Recovered>> UndoAsync(string deviceName, UndoRequest undo, CancellationToken ct)
    {
        ImmutableArray<(string Name, Result<byte[]> Content)> again = [];
        var result = await RunAsync(async (device, _) =>
        {
            if (!(await UndoDraft.MakeAsync(View, undo, _slot, ct)).TryGet(out var draft, out var failure))
                return failure;
            using (draft)
            {
                again = await draft.ReadAgainAsync(ct);
                return draft.Write(_slot, device, deviceName, _api.NowSeconds, _options.Random);
            }
        }, [], [], ct);
        if (!result.TryGet(out var recovered, out _)) return result;
        var failed = ImmutableArray.CreateBuilder<(string Name, ClientFailure Why)>();
        foreach (var (name, read) in again)
            if (!read.TryGet(out var content, out var why) || !(await recovered.Vault.Identity
                .EditAnyAsync(new ItemEdit.Put(name, content), ct)).TryGet(out _, out why)) failed.Add((name, why));
        return recovered with { NotPutAgain = failed.ToImmutable() };
    }

    // The way back removes exactly those who had been removed before: others are told as not removed.
    private async Task<Result<Recovered>> GoOnAsync(
        string deviceName, ImmutableArray<AuthorityId> remove, CancellationToken ct)
    {
        var behind = Behind!;
        if (View.Good is not { } open) return Spoiled!;
        if (ToldTime.At(_api.NowSeconds) < behind.OpensAt)
            return new ClientFailure.RestoredBehind(behind.RestoredAt, behind.OpensAt);
        using (var kept = await _store.LoadAsync(ct))
            if (kept is { Pending.IsEmpty: true })
                return new ClientFailure.DeviceState("this device already belongs to an account");
        if (await UnfinishedLink.RefuseAsync(_options, _api, _store, ct) is { } unfinished) return unfinished;
        using var device = new NewDevice(_options.Random);
        var written = WayBack.Write(open, _slot, (device, deviceName), _api.NowSeconds, _options.Random);
        if (!written.TryGet(out var commit, out var full)) return full;
        using (var pending = device.Pending(Account, commit.Encode())) await _store.SaveAsync(pending, ct);
        var sent = await VaultRepair.SendAsync(
            _api, _slot, VaultRepair.Onward(View.Newest, commit), ct, _token);
        if (sent is Outcome<RepairJson>.Unknown && await Outcome.IsFoundAsync(
            async end => await _account.RefreshAsync(end) is null && IsIn(device.Id), ct)) sent = null;
        return sent?.Failure is { } failure
            ? failure : await OpenAsync([.. remove.Except(behind.Leaving.Select(a => a.Id))], ct);
    }

    private Task<Result<Recovered>> RunAsync(
        Func<NewDevice, ImmutableArray<AuthorityId>, Task<Result<CommitBundle>>> build,
        ImmutableArray<AuthorityId> tooYoung, ImmutableArray<AuthorityId> remove, CancellationToken ct) =>
        _store.RunAloneAsync(() => RunAloneAsync(build, tooYoung, remove, ct), ct);

    private async Task<Result<Recovered>> RunAloneAsync(
        Func<NewDevice, ImmutableArray<AuthorityId>, Task<Result<CommitBundle>>> build,
        ImmutableArray<AuthorityId> tooYoung, ImmutableArray<AuthorityId> remove, CancellationToken ct)
    {
        using (var kept = await _store.LoadAsync(ct))
        {
            if (kept is { Pending.IsEmpty: true })
                return new ClientFailure.DeviceState("this device already belongs to an account");
            // An earlier try whose answer was lost has made this device part of the account already.
            if (kept is not null && kept.Account == Account && IsIn(kept.Device))
                return await OpenAsync([], ct);
        }
        if (await UnfinishedLink.RefuseAsync(_options, _api, _store, ct) is { } unfinished) return unfinished;
        using var device = new NewDevice(_options.Random);
        var sent = await CommitAsync(tooYoung);
        if (sent is Sent.Refused { Why: ClientFailure.Refused { Type: ProblemTypes.YoungAuthority } }
            && remove.Except(tooYoung).Any())
        {
            // A slot that a young device made adds nobody either, whatever is left out: it is refused once more.
            tooYoung = remove;
            sent = await CommitAsync(tooYoung);
        }
        return sent.Failure is { } failure ? failure : await OpenAsync(tooYoung, ct);

        Task<Sent> CommitAsync(ImmutableArray<AuthorityId> leftOut) => new Committer(_account).RunAsync(async _ =>
        {
            if (IsIn(device.Id)) return Built.Done;
            if (!(await build(device, leftOut)).TryGet(out var commit, out var unbuilt)) return unbuilt;
            // The device's keys are kept before anybody can hear of them.
            using var pending = device.Pending(Account, commit.Encode());
            await _store.SaveAsync(pending, ct);
            return commit;
        }, ct, _slot, _token);
    }

    private bool IsIn(AuthorityId device) => View.Newest.Chain.FindActive(device) is not null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _account.Dispose();
        _read.Good?.Dispose();
        _slot.Dispose();
    }

    // A slot that a young device added may not remove who was there before it (docs/protocol.md §3): that part is left
    // out and said.
    private ImmutableArray<AuthorityId> Young(ImmutableArray<AuthorityId> remove)
    {
        var chain = View.Newest.Chain;
        if (!View.Newest.TrustedFrom.TryGetValue(_slot.Id, out var trustedFrom)
            || trustedFrom <= _api.NowSeconds) return [];
        var own = chain.Authorities[_slot.Id].AddedAt;
        return [.. remove.Where(id => chain.FindActive(id) is { } a && a.AddedAt <= own)];
    }

    private Task<Result<Recovered>> RemoveAsync(
        string deviceName, Func<RevocationPlan> plan, RecoveryCode? code, bool isStolen, CancellationToken ct)
    {
        var remove = plan().Remove;
        return RunAsync(
            (device, leftOut) => Task.FromResult(View.Good is { } open
                ? RecoveryCommit.Write(
                    open, _slot, device, deviceName, plan(), leftOut, code, isStolen, _api.NowSeconds, _options.Random)
                : Spoiled!),
            Young(remove), remove, ct);
    }

    // What is told of authorities: now, or where that does not open, in the state that was looked at last.
    private ImmutableArray<AuthorityNote> Notes => View.Good is { } open ? open.Private.Authorities : _then;

    private async Task<Result<Revocation>> ReplaceAsync(Func<CodeReplacement, Task<Result<Revocation>>> replace)
    {
        using var account = new SlotAccount(_options, _token, View);
        return await replace(new CodeReplacement(
            () => account.View, new SlotCommitter(_options, account, _token).CommitAsync));
    }

    private async Task<Result<Recovered>> OpenAsync(ImmutableArray<AuthorityId> leftOut, CancellationToken ct)
    {
        if (_unlocked is not null) await _unlocked.Settled;
        var state = new VaultState(_options, _api, _store, (await _store.LoadAsync(ct))!);
        if (await state.RefreshAsync(ct) is not { } failure)
        {
            await state.KeepAsync(Log.Kept, ct);
            // The link that has just been made is news to the realms.
            var before = View.Good is { } open ? RealmKeeper.RealmsOf(open.Vault.Chain) : [];
            await new RealmKeeper(state).FollowAsync(before, ct);
            await new IdentityEditor(_options, state, new Committer(state)).SettleAsync(ct);
            return new Recovered(new VaultSession(_options, state), leftOut);
        }
        state.Dispose();
        return failure;
    }
}
