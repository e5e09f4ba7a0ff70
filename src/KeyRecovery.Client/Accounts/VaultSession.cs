using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using KeyRecovery.Client.Accounts;
using KeyRecovery.Client.Authorities;
using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Identities;
using KeyRecovery.Client.Items;
using KeyRecovery.Client.Linking;
using KeyRecovery.Client.Logs;
using KeyRecovery.Client.Restores;
using KeyRecovery.Client.Undo;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Client.Watching;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>
/// An account, open on one of its devices. Safe to use from several threads; calls that change something take turns.
/// </summary>
public sealed partial class VaultSession : IDisposable
{
    private readonly SessionTurns _turns = new();
    private readonly VaultState _state;
    private readonly KeyRecoveryOptions _options;
    private readonly AppItems _items;
    private readonly AuthorityEditor _authorities;
    private readonly ItemReader _reader;
    private readonly ItemQueue _queue;
    private readonly UndoEditor _undo;
    private readonly RestoreEditor _restores;
    private readonly ActivityReader _activity;
    private readonly Revoker _revoker;
    private readonly ErasureCalls _erasure;

    internal VaultSession(KeyRecoveryOptions options, VaultState state)
    {
        (_options, _state) = (options, state);
        var realms = new RealmKeeper(state);
        var committer = new Committer(state, realms);
        var (items, identities) =
            (new ItemEditor(options, state, committer), new IdentityEditor(options, state, committer));
        (_items, Identity) = (new AppItems(items, identities), new IdentityManager(identities, items, _turns));
        _queue = new ItemQueue(state, items);
        _authorities = new AuthorityEditor(options, state, committer);
        (_reader, _undo) = (new ItemReader(state), new UndoEditor(options, state, committer, items, identities));
        _revoker = new Revoker(state, _authorities, _undo, identities);
        (_restores, _erasure) = (new RestoreEditor(options, state), new ErasureCalls(state, realms));
        _activity = new ActivityReader(options, state);
        Log = new AccountLog(_activity, state, _turns);
        Passphrase = new PassphraseManager(options, state, realms, _authorities, _turns);
    }

    /// <summary>The account's passphrase: set, check, pause, remove, and who has guessed.</summary>
    public PassphraseManager Passphrase { get; }

    /// <inheritdoc cref="IdentityManager"/>
    public IdentityManager Identity { get; }

    /// <summary>What was done to the account, as the server's log proves it.</summary>
    public AccountLog Log { get; }

    /// <summary>The account.</summary>
    public AccountId Account => _state.Read(o => o.Vault.Account);

    /// <summary>This device.</summary>
    public AuthorityId Device => _state.Keys.Id;

    /// <summary>When somebody was last added or removed, by the signer's clock.</summary>
    public DateTimeOffset LastAuthorityChange => ToldTime.At(_state.Read(o => o.Vault.Chain.Head.Link.Time));

    /// <summary>How many times the account has changed: the manifest's version.</summary>
    public ulong Version => _state.Read(o => o.Vault.Manifest.Manifest.Version);

    /// <summary>The current epoch: it begins anew whenever somebody is removed.</summary>
    public ulong Epoch => _state.Read(o => o.Vault.Chain.Epoch);

    /// <summary>The account's items by name.</summary>
    public ImmutableArray<ItemInfo> Items => _state.Read(ItemInfo.AllOf);

    /// <summary>The item of a name, in whatever spelling; null where there is none.</summary>
    public ItemInfo? FindItem(string name) => _state.Read(open => ItemInfo.Find(open, name));

    /// <summary>Every device and slot that may act, the oldest first.</summary>
    public ImmutableArray<AuthorityInfo> Authorities =>
        _state.Read(o => AuthorityInfo.AllOf(o, _state.BadSeals, Device));

    /// <summary>Items whose content the server lost and that the app must store again.</summary>
    public ImmutableArray<string> LostItems => _state.LostItems;

    /// <summary>
    /// Why this device could not keep what the session has seen last: a full disk, a folder that takes nothing; null as
    /// a rule. What was changed is done all the same, and the next start fetches it anew. Show it to the person.
    /// </summary>
    public ClientFailure? Unkept => _state.Unkept;

    /// <summary>
    /// How long an erasure of the account that a device asked for still waits, to the millisecond, as the server told
    /// when this session was opened, refreshed or last asked about it; zero where it is due, null where none is held.
    /// Show it to the person: until then <see cref="CancelErasureAsync"/> stops it.
    /// </summary>
    public TimeSpan? HeldErasure => _state.HeldErasure;

    /// <summary>
    /// Whether the passphrase has realms that the app no longer uses for new ones: see
    /// <see cref="PassphraseManager.IsOutdated"/>. Show it to the person.
    /// </summary>
    public bool PassphraseOutdated => Passphrase.IsOutdated;

    /// <summary>
    /// Of when this picture of the account is: when the server last said that there is nothing newer, by its clock.
    /// After a start it may be told up to ten minutes too early.
    /// </summary>
    public DateTimeOffset AsOf => ToldTime.At(_state.AsOf);

    /// <summary>Fetches what other devices changed.</summary>
    public Task<Result<VaultSession>> RefreshAsync(CancellationToken ct = default) =>
        ChangeAsync(() => _state.RefreshAsync(ct), ct);

    /// <summary>
    /// Tells what happens to the account as it comes: who was added or removed, recovered or tried to, who guesses the
    /// passphrase, an erasure that waits and who asked for it, what became of items, and what does not hold. It looks
    /// every 30 seconds, at the realms of the passphrase every hour; between two looks there is a timer, and without a
    /// watcher none. What it comes to is kept on the device: what happens while nobody watches, or the device sleeps,
    /// is told by the next watch, and what the app was not yet done with is told again. The first watch of a device
    /// begins with now. One at a time: two would share what they are told.
    /// </summary>
    /// <param name="watch">How often it looks. Default: as above.</param>
    /// <param name="ct">Ends the watch, by <see cref="OperationCanceledException"/>.</param>
    /// <returns>Never a failure: <see cref="AccountEvent.Failed"/> and <see cref="AccountEvent.Ended"/> tell them.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">A pause is shorter than <see cref="WatchOptions.Shortest"/>.
    /// </exception>
    public IAsyncEnumerable<AccountEvent> WatchAsync(WatchOptions? watch = null, CancellationToken ct = default)
    {
        watch ??= new WatchOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(watch.Poll, WatchOptions.Shortest, nameof(watch));
        ArgumentOutOfRangeException.ThrowIfLessThan(watch.RealmPoll, WatchOptions.Shortest, nameof(watch));
        return new Watcher(
            _options, _state, _turns, new AccountChanges(_options, _state, _activity, _restores),
            new RealmChanges(_options, Passphrase)).RunAsync(watch, ct);
    }

    /// <summary>Adds a recovery code. Codes that are there stay until they are removed.</summary>
    /// <param name="code">A code that was just generated and that the user has written down.</param>
    /// <param name="replaceOthers">Whether the account's other codes are removed in the same commit.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Result<VaultSession>> AddCodeAsync(
        RecoveryCode code, bool replaceOthers = false, CancellationToken ct = default) =>
        ChangeAsync(() => _authorities.AddCodeAsync(code, replaceOthers, ct), ct, code);

    /// <summary>Removes every recovery code of the account.</summary>
    /// <returns>How many were removed.</returns>
    public Task<Result<int>> RemoveCodesAsync(CancellationToken ct = default) =>
        TurnAsync(() => _authorities.RemoveCodesAsync(ct), ct);

    /// <summary>
    /// Renames a device or a slot. The name is sealed: the account's other devices see it, the server never.
    /// </summary>
    /// <param name="id">Any device or slot of the account.</param>
    /// <param name="name">At most 64 bytes of UTF-8.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    /// <returns><see cref="ClientFailure.NoSuchAuthority"/> where it is not, or no longer, in the account.</returns>
    public Task<Result<VaultSession>> RenameDeviceAsync(AuthorityId id, string name, CancellationToken ct = default) =>
        ChangeAsync(() => _authorities.RenameAsync(id, name, ct), ct, name);

    /// <summary>
    /// Puts a new code in the place of one that others may know, signed by that one alone: for a device that is new to
    /// the account, which by itself removes nobody yet. What the old code let in goes along, but for devices that it
    /// brought back: see <see cref="RevocationPlan.Stays"/>. Takes two links; where the call is cut between them, the
    /// same call, or <see cref="FinishCodeReplacementAsync"/>, does the second.
    /// </summary>
    /// <param name="old">The code, which a trusted device made.</param>
    /// <param name="next">The new one, which the user has written down already: it counts before the old one is gone.
    /// </param>
    /// <param name="token">The app's token, where the app asks for it with the code; else null.</param>
    /// <param name="anew">Whether to go on where one was put in its place before, and is lost.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    /// <returns><see cref="ClientFailure.ReplacementBegun"/> where it was, unless <paramref name="anew"/>.</returns>
    public Task<Result<Revocation>> ReplaceCodeAsync(
        RecoveryCode old, RecoveryCode next, string? token = null, bool anew = false, CancellationToken ct = default) =>
        TurnAsync(() => _revoker.ReplaceCodeAsync(old, next, anew, token, ct), ct, old, next);

    /// <summary>Removes the code in whose place another one was put, where that was cut.</summary>
    /// <param name="next">The new code.</param>
    /// <param name="token">The app's token, where the app asks for it with the code; else null.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    public Task<Result<Revocation>> FinishCodeReplacementAsync(
        RecoveryCode next, string? token = null, CancellationToken ct = default) =>
        TurnAsync(() => _revoker.FinishReplacementAsync(next, token, ct), ct, next);

    /// <summary>Shows that the person holds a code, for <see cref="RevocationRequest.InHand"/>.</summary>
    /// <param name="code">The code.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns><see cref="ClientFailure.NotOfThisAccount"/> where it is none of the account's.</returns>
    public Task<Result<SlotProof>> ProveCodeAsync(RecoveryCode code, CancellationToken ct = default) =>
        TurnAsync(() => _revoker.ProveAsync(code, ct), ct, code);

    /// <summary>What a revocation would do, as this device knows the account. Nothing is sent.</summary>
    /// <param name="request">Whom, and what stays.</param>
    /// <param name="signer">The code that would sign; null for this device.</param>
    /// <exception cref="ArgumentNullException">There is no request.</exception>
    public RevocationPlan PlanRevocation(RevocationRequest request, RecoveryCode? signer = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var slot = signer?.DeriveSlot();
        return _state.Read(_ => RevocationPlan.Make(_state.View, request, slot?.Id));
    }

    /// <summary>
    /// Locks devices or slots out, in one commit that begins an epoch, sealed to all who stay: no code is asked for and
    /// each goes on recovering. Ask for the person's presence first. A device that is new to the account itself is
    /// refused (<see cref="ClientFailure.Refused"/>, <c>young-authority</c>).
    /// </summary>
    /// <param name="request">Whom, and what goes along: show <see cref="PlanRevocation"/> first.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    public Task<Result<Revocation>> RevokeAsync(RevocationRequest request, CancellationToken ct = default) =>
        TurnAsync(() => _revoker.RevokeAsync(request, null, null, ct), ct, request);

    /// <summary>
    /// The same, signed by the recovery code: for a device that is new to the account, which by itself removes nobody
    /// yet. The code stays good.
    /// </summary>
    /// <param name="request">Whom; not this device, and not the code itself.</param>
    /// <param name="code">A code of the account that a trusted device made.</param>
    /// <param name="token">The app's token, where the app asks for it with the code; else null.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    public Task<Result<Revocation>> RevokeWithCodeAsync(
        RevocationRequest request, RecoveryCode code, string? token = null, CancellationToken ct = default) =>
        TurnAsync(() => _revoker.RevokeAsync(request, code, token, ct), ct, request, code);

    /// <summary>
    /// Who wrote what this device cannot open, when it last looked; null where all opens. Items and devices are then
    /// those of the last state that did. Removing whom it names, undoing and cancelling an erasure work from it.
    /// </summary>
    public ClientFailure.Spoiled? Spoiled => _state.Read(_ => _state.SpoiledBy);

    /// <summary>When the server was last restored from a backup, by its signed word; null where it was not.</summary>
    public DateTimeOffset? RestoredAt => _state.Read(o => o.Vault.Claims) is [.., var newest]
        ? ToldTime.At(newest.Claim.Time) : null;

    /// <summary>
    /// What this device knew and a restored server does not have, the newest last; of more than 4 the first and the
    /// newest 3. Show it to the person, store again what is lost, remove again who is back, then
    /// <see cref="DismissConflictsAsync"/>.
    /// </summary>
    public ImmutableArray<RestoreConflictInfo> Conflicts => _restores.Conflicts;

    /// <summary>
    /// What the account waits for, where a restored server lacks its newest links: items can be read, and nothing
    /// changed; null as a rule.
    /// </summary>
    public BehindInfo? Behind => _restores.Behind;

    /// <summary>Forgets <see cref="Conflicts"/>, once the person has been told.</summary>
    public Task<Result<VaultSession>> DismissConflictsAsync(CancellationToken ct = default) => ChangeAsync(async () =>
    {
        await _state.DismissReplacedAsync(ct);
        return null;
    }, ct);

    /// <summary>
    /// The first sight of what this device's key has signed and this device never sent; null as a rule. Either somebody
    /// copied its data and uses it, or the data was put back from an older backup of the device. Show it to the person.
    /// Unless they put it back themselves, the way out is a new device (linked, or recovered by code), and the removal
    /// of this one, as stolen, by another device or the code: whoever has the copy can do all that this device can.
    /// </summary>
    public CloneInfo? CloneSuspected => _state.Read(_ => _state.Clone);

    /// <summary>
    /// Forgets <see cref="CloneSuspected"/>, once the person knows how it came about. What is seen later is told again.
    /// </summary>
    public Task<Result<VaultSession>> DismissCloneAsync(CancellationToken ct = default) => ChangeAsync(async () =>
    {
        await _state.DismissCloneAsync(ct);
        return null;
    }, ct);

    /// <summary>
    /// Goes on with what a restored server has, where no device has brought what it lacks (<see cref="Behind"/>):
    /// whoever was removed since is removed again, and everything is sealed under a new key. What the others had is
    /// then lost to the account. Ask for the person's presence first.
    /// </summary>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    /// <returns><see cref="ClientFailure.RestoredBehind"/> where it is too early.</returns>
    public Task<Result<VaultSession>> GoOnAsync(CancellationToken ct = default) =>
        ChangeAsync(() => _restores.GoOnAsync(ct), ct);

    /// <summary>The earlier states that the account can be returned to, the newest first.</summary>
    public Task<Result<ImmutableArray<RestorePointInfo>>> ListRestorePointsAsync(CancellationToken ct = default) =>
        TurnAsync(() => _undo.ListAsync(ct), ct);

    /// <summary>What <see cref="UndoAsync"/> would do, as the account is now. Nothing is changed.</summary>
    public Task<Result<UndoPlan>> PlanUndoAsync(UndoRequest request, CancellationToken ct = default) =>
        TurnAsync(() => _undo.PlanAsync(request, ct), ct, request);

    /// <summary>
    /// Returns the account to an earlier state and removes who spoiled it, in one commit that begins an epoch. What
    /// others wrote since stays. Ask for the person's presence first. A device that is new to the account itself is
    /// refused (<see cref="ClientFailure.Refused"/>, <c>young-authority</c>): see <see cref="UndoWithCodeAsync"/>.
    /// </summary>
    /// <param name="request">The state, and whom to remove.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    public Task<Result<Undone>> UndoAsync(UndoRequest request, CancellationToken ct = default) =>
        TurnAsync(() => _undo.UndoAsync(request, null, null, ct), ct, request);

    /// <summary>As <see cref="UndoAsync"/>, signed by the recovery code, which stays good.</summary>
    /// <param name="request">The state, and whom to remove.</param>
    /// <param name="code">A code of the account that a trusted device made.</param>
    /// <param name="token">The app's token, where the app asks for it with the code; else null.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    public Task<Result<Undone>> UndoWithCodeAsync(
        UndoRequest request, RecoveryCode code, string? token = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(code);
        return TurnAsync(async () =>
        {
            using var slot = DeviceKeys.OfCode(code);
            return await _undo.UndoAsync(request, slot, token, ct);
        }, ct);
    }

    /// <summary>Begins to link a new device: shows it a code, which lives for two minutes.</summary>
    /// <param name="typed">Whether to make the 17 characters for a device without a camera too: a third of a second of
    /// work.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Result<ExistingDeviceLink>> BeginLinkAsync(bool typed = false, CancellationToken ct = default) =>
        Call.RunAsync(() => ExistingDeviceLink.BeginAsync(
            _options, _state, new LinkCommitter(_turns, _state, _authorities), typed, ct), ct);

    /// <summary>
    /// Asks the server to erase the account, for good and for everybody. Ask for the person's presence first. It waits
    /// as long as the app's policy says, and can be cancelled meanwhile. A device that is new to the account is
    /// refused.
    /// </summary>
    public Task<Result<ErasureStatus>> RequestErasureAsync(CancellationToken ct = default) =>
        Call.RunAsync(() => _erasure.RequestAsync(ct), ct);

    /// <summary>How the account's erasure stands.</summary>
    public Task<Result<ErasureStatus>> ErasureStatusAsync(CancellationToken ct = default) =>
        Call.RunAsync(() => _erasure.StatusAsync(ct), ct);

    /// <summary>Cancels an erasure that waits; nothing happens where there is none.</summary>
    public Task<Result<ErasureStatus>> CancelErasureAsync(CancellationToken ct = default) =>
        Call.RunAsync(() => _erasure.CancelAsync(ct), ct);

    /// <summary>Begins an epoch with fresh seals, where an authority's seal is bad.</summary>
    public Task<Result<VaultSession>> MendAsync(CancellationToken ct = default) =>
        ChangeAsync(() => _authorities.MendAsync(ct), ct);

    /// <inheritdoc/>
    public void Dispose()
    {
        _state.Dispose();
        _turns.Dispose();
    }

    private Task<Result<VaultSession>> ChangeAsync(
        Func<Task<ClientFailure?>> change, CancellationToken ct, object? given = null,
        [CallerArgumentExpression(nameof(given))] string name = "") => TurnAsync<VaultSession>(
            async () => await change() is { } failure ? failure : this, ct, given, name: name);

    private Task<Result<T>> TurnAsync<T>(
        Func<Task<Result<T>>> work, CancellationToken ct, object? given = null,
        object? and = null, [CallerArgumentExpression(nameof(given))] string name = "",
        [CallerArgumentExpression(nameof(and))] string other = "") => Call.RunAsync(
            () => _turns.TakeAsync(work, ct), ct, given, and, name, other);
}
