using System.Collections.Immutable;
using KeyRecovery.Client.Authorities;
using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Passphrases;
using KeyRecovery.Client.Realms;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>
/// The account's passphrase, as one of its devices handles it: <see cref="VaultSession.Passphrase"/>.
/// </summary>
public sealed class PassphraseManager
{
    private readonly KeyRecoveryOptions _options;
    private readonly VaultState _state;
    private readonly AuthorityEditor _editor;
    private readonly RealmKeeper _keeper;
    private readonly SessionTurns _turns;

    internal PassphraseManager(
        KeyRecoveryOptions options, VaultState state, RealmKeeper keeper, AuthorityEditor editor, SessionTurns turns) =>
        (_options, _state, _keeper, _editor, _turns) = (options, state, keeper, editor, turns);

    /// <summary>Whether the account has one.</summary>
    public bool IsSet => !Slots().IsEmpty;

    /// <summary>
    /// Whether the account has a passphrase of realms that are not, or no longer, those of new ones: ask the person to
    /// set it anew, the same one if they like, before the app drops their generation from its configuration.
    /// </summary>
    public bool IsOutdated => Slots().Any(s => _state.Api.Realms.IsOutdated(s.Parameters));

    /// <summary>
    /// Sets a passphrase, in place of the one that is there: registered at every realm and tried before the account
    /// relies on it. Moving to other realms or another threshold is the same call with the same passphrase; no item is
    /// sealed anew. Ask for the person's presence first.
    /// </summary>
    /// <returns>
    /// <see cref="ClientFailure.WeakPassphrase"/> and <see cref="ClientFailure.Invalid"/> before
    /// anything is sent; <see cref="ClientFailure.TokenOfAnother"/> before a realm is asked. After
    /// <see cref="ClientFailure.Transient"/> the account may have either, so keep both in mind
    /// and set it again; after any other failure the old passphrase stays, and the realms forget the new one in time.
    /// </returns>
    public Task<Result<Done>> SetAsync(
        Passphrase passphrase, SetPassphraseOptions set, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(passphrase);
        ArgumentNullException.ThrowIfNull(set);
        return Call.RunAsync(() => _turns.TakeAsync(
            () => new PassphraseSetup(_options, _state).SetAsync(
                passphrase, set,
                slot => _editor.AddPassphraseAsync(slot.Entry, slot.Keys.Signing, ct), ct), ct), ct);
    }

    /// <summary>
    /// A drill: makes a guess as somebody who lost everything would, and brings nothing back. A wrong one counts.
    /// </summary>
    /// <param name="passphrase">The passphrase.</param>
    /// <param name="token">The app's token for its user. Default: one of <see cref="KeyRecoveryOptions.Token"/>.
    /// </param>
    /// <param name="ct">Cancels; a guess that was counted stays counted.</param>
    public Task<Result<PassphraseCheck>> CheckAsync(
        Passphrase passphrase, string? token = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(passphrase);
        return Call.RunAsync(() => CheckUnlockedAsync(passphrase, token, ct), ct);
    }

    private async Task<Result<PassphraseCheck>> CheckUnlockedAsync(
        Passphrase passphrase, string? token, CancellationToken ct)
    {
        if (!(await UnlockAsync(passphrase, token, ct)).TryGet(out var unlocked, out var failure)) return failure;
        using (unlocked) return await CheckSealAsync(unlocked, ct);
    }

    /// <summary>
    /// Shows that the person knows the account's passphrase, for <see cref="RevocationRequest.InHand"/>: a guess as any
    /// other. A wrong one counts.
    /// </summary>
    /// <param name="passphrase">The passphrase.</param>
    /// <param name="token">The app's token for its user. Default: one of <see cref="KeyRecoveryOptions.Token"/>.
    /// </param>
    /// <param name="ct">Cancels; a guess that was counted stays counted.</param>
    public Task<Result<SlotProof>> ProveAsync(
        Passphrase passphrase, string? token = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(passphrase);
        return Call.RunAsync(() => ProveUnlockedAsync(passphrase, token, ct), ct);
    }

    private async Task<Result<SlotProof>> ProveUnlockedAsync(
        Passphrase passphrase, string? token, CancellationToken ct)
    {
        if (!(await UnlockAsync(passphrase, token, ct)).TryGet(out var unlocked, out var failure)) return failure;
        using (unlocked)
            return _state.Read(_ => SlotProof.Of(_state.View.Newest.Chain, unlocked.Keys)) is { } proof
                ? proof : new ClientFailure.NotOfThisAccount();
    }

    /// <summary>
    /// Has no realm evaluate anything until <see cref="ResumeAsync"/>: when somebody is guessing, or before a journey.
    /// </summary>
    public Task<Result<Done>> PauseAsync(CancellationToken ct = default) => CommandAsync(RealmAction.Pause, ct);

    /// <summary>Ends a pause.</summary>
    public Task<Result<Done>> ResumeAsync(CancellationToken ct = default) => CommandAsync(RealmAction.Resume, ct);

    /// <summary>
    /// Gives the passphrase to the person's new login at every realm, after the app has moved its users to another
    /// issuer: a realm lets only the login guess that the passphrase was set with.
    /// </summary>
    /// <param name="token">The home server's token of the new login; the other realms get those of their pins.</param>
    /// <param name="ct">Cancels; call again to learn what came of it.</param>
    public Task<Result<Done>> MoveAsync(string token, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(token);
        return CommandAsync(RealmAction.Subject, ct, token);
    }

    /// <summary>
    /// Objects to a receipt of the account's erasure that somebody has brought to the realms: they destroy nothing.
    /// Only a device that they have known for 72 hours may.
    /// </summary>
    public Task<Result<Done>> ObjectAsync(CancellationToken ct = default) => CommandAsync(RealmAction.Objection, ct);

    /// <summary>Removes the passphrase from the account and from the realms. Begins an epoch.</summary>
    public Task<Result<Done>> RemoveAsync(CancellationToken ct = default) =>
        Call.RunAsync(() => _turns.TakeAsync(() => _editor.RemovePassphrasesAsync(ct), ct), ct);

    /// <summary>
    /// How the passphrase stands at each realm, every guess that was made, also a stranger's; and whether the account
    /// as the server shows it has all that the server had signed when the realms heard of it. A device may ask at its
    /// start, once a day.
    /// </summary>
    public Task<Result<ImmutableArray<PassphraseStatus>>> StatusAsync(CancellationToken ct = default) =>
        Call.RunAsync(() => AskStatusAsync(ct), ct);

    private async Task<Result<ImmutableArray<PassphraseStatus>>> AskStatusAsync(CancellationToken ct)
    {
        var slots = Slots().ToDictionary(s => s.Id, s => s.Parameters);
        var replies = await _keeper.CommandAllAsync(RealmAction.Status, ct);
        // It was set, and whoever set it was cut off before the realms heard that the account relies on it.
        if (replies.Any(r => r.Reply is RealmReply.Answered { Status.State: RealmSlotState.Fresh }))
        {
            await _keeper.FollowAsync([], ct);
            replies = await _keeper.CommandAllAsync(RealmAction.Status, ct);
        }
        // What is above what this device knows, the server is asked for: it must lead there from both.
        var known = _state.Read(open => open.Vault.Manifest.Manifest.Version);
        var unread = replies.Any(r => r.Reply is RealmReply.Answered { Status.Told.Heads.Head.Head: var head }
                && head.Manifest.Version > known)
            ? (await Call.RunAsync(() => _turns.TakeAsync(() => _state.RefreshAsync(ct), ct), ct)).Error : null;
        var descent = Descend();
        return ImmutableArray.Create(await Task.WhenAll(replies.Where(r => slots.ContainsKey(r.Slot)).Select(async r =>
        {
            var name = _state.Api.Realms.NameOf(r.Realm);
            return Describe(slots[r.Slot], r.Slot, name, r.Reply) with
            {
                Concern = r.Reply switch
                {
                    RealmReply.Answered { Status.Told.Heads: var heads } =>
                        unread ?? await FindConcernAsync(name, heads, descent, ct),
                    // It has not heard for long enough of anybody who vouches; or the home has claimed no restore.
                    RealmReply.Forked => descent.Vault.Claims is [.., var claim]
                        ? new ClientFailure.RestoredBehindRealm(name, ToldTime.At(claim.Claim.Time))
                        : new ClientFailure.RolledBackByRealm(name),
                    _ => null,
                },
            };
        })));
    }

    private async Task<ClientFailure?> FindConcernAsync(
        string realm, RealmHeads heads, Descent descent, CancellationToken ct)
    {
        var home = _state.View.HomeKeys;
        var said = await Testimony.OfAsync(descent, heads, home, ct);
        if (said is Testimony.Agrees) said = await Testimony.OfForkAsync(descent, heads, home, ct);
        return said switch
        {
            Testimony.Lacks lacks => lacks.Tell(realm, descent.Vault),
            Testimony.Unsigned => new ClientFailure.RealmLied(realm, RealmFault.Head),
            _ => null,
        };
    }

    private Descent Descend()
    {
        var (vault, api, keys) = (_state.Read(open => open.Vault), _state.Api, _state.Keys);
        return new Descent(vault, (version, token) => api.GetVaultAsync(keys, null, version, null, token));
    }

    private async Task<Result<UnlockedSlot>> UnlockAsync(Passphrase passphrase, string? given, CancellationToken ct)
    {
        if (!(await AppToken.OfHomeAsync(_options, given, ct)).TryGet(out var token, out var none)) return none;
        var guess = new PassphraseGuess(_options, _state.Api.Realms);
        var made = await guess.MakeAsync(Slots(), passphrase, token, ct);
        if (made.TryGet(out var unlocked, out _)) await unlocked.Settled;
        return made;
    }

    private Task<Result<Done>> CommandAsync(RealmAction action, CancellationToken ct, string? homeToken = null) =>
        Call.RunAsync(() => CommandAllAsync(action, homeToken, ct), ct);

    private async Task<ClientFailure?> CommandAllAsync(RealmAction action, string? homeToken, CancellationToken ct)
    {
        if (!IsSet) return new ClientFailure.UnknownPassphrase();
        var replies = await _keeper.CommandAllAsync(action, ct, homeToken);
        var missing = replies.Where(r => r.Reply is not RealmReply.Answered).ToList();
        if (missing.Count == 0) return null;
        var name = _state.Api.Realms.NameOf(missing[0].Realm);
        return missing[0].Reply switch
        {
            RealmReply.Faulty faulty => new ClientFailure.RealmLied(name, faulty.Fault),
            RealmReply.Failed failed => new ClientFailure.RealmUnreachable(name, failed.Failure.Message),
            RealmReply.UnknownHome => new ClientFailure.RealmKnowsNoHome(name),
            RealmReply.Refused { Refusal: RealmRefusal.Locked } => new ClientFailure.PassphraseLocked(),
            _ => new ClientFailure.RealmUnreachable(name, "it does not take this command"),
        };
    }

    // The seal that the slot would open, as this device knows it: what a recovery needs beside the realms.
    private async Task<Result<PassphraseCheck>> CheckSealAsync(UnlockedSlot unlocked, CancellationToken ct)
    {
        if (await _turns.TakeAsync(() => _state.RefreshAsync(ct), ct) is { } unread) return unread;
        if (await unlocked.FindFaultAsync(Descend(), _state.View.HomeKeys, ct) is { } fault) return fault;
        return _state.Read<Result<PassphraseCheck>>(open =>
        {
            var (opened, seal) = open.Vault.Open(unlocked.Slot.Id, unlocked.Keys.Kem);
            if (opened is null) return new ClientFailure.ServerLied(seal);
            using (opened) return new PassphraseCheck(ItemInfo.AllOf(opened).Length, unlocked.Reports);
        });
    }

    private ImmutableArray<KnownSlot> Slots() => _state.Read(open => ImmutableArray.CreateRange(
        from slot in open.Vault.Chain.Active
        where slot.Kind == AuthorityKind.Passphrase
        let parameters = PassphraseParameters.TryRead(slot.Entry.Parameters, out var read) ? read : null
        where parameters is not null
        select new KnownSlot(open.Vault.Account, slot.Id, slot.SigningKey, parameters)));

    private static PassphraseStatus Describe(
        PassphraseParameters parameters, AuthorityId slot, string realm, RealmReply reply)
    {
        var (of, threshold) = (parameters.Realms.Length, parameters.Threshold);
        return reply switch
        {
            RealmReply.Answered { Status: var s } => new PassphraseStatus(
                slot, threshold, of, realm, s.State, s.GuessesLeft, ToldTime.Wait(s.NextAttemptInMs),
                s.Events, null),
            RealmReply.Faulty faulty => Unknown(new ClientFailure.RealmLied(realm, faulty.Fault).Message),
            RealmReply.Failed failed => Unknown(failed.Failure.Message),
            RealmReply.Forked => Unknown("it knows another history of the account than the server shows"),
            RealmReply.UnknownHome => Unknown(new ClientFailure.RealmKnowsNoHome(realm).Message),
            _ => Unknown("it does not know this passphrase slot"),
        };

        PassphraseStatus Unknown(string problem) =>
            new(slot, threshold, of, realm, null, 0, TimeSpan.Zero, [], problem);
    }
}
