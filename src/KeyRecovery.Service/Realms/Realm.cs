using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Telemetry;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// This server as a realm (docs/protocol.md §14.4): it evaluates the OPRF for passphrase slots, of its own accounts and
/// of other servers', and counts each guess durably before it answers. Of an account it knows the public chain. Where
/// the store does not answer, nothing is evaluated.
/// </summary>
public sealed class Realm : IDisposable
{
    // A race is lost to a request that was counted, and of those there are no more than the largest budget and some
    // commands.
    private const int Tries = 256;

    private readonly IKeyStore _store;
    private readonly Lookups _lookups;
    private readonly RealmShares _shares;
    private readonly IAppPolicies _policies;
    private readonly IRandom _random;
    private readonly ServerClock _clock;
    private readonly RealmKeys _keys;
    private readonly UserNames _names;
    private readonly RealmRegistrar _registrar;
    private readonly RealmAnswers _answers;
    private readonly RealmAccounts _accounts;
    private readonly SlotNews _news;
    private readonly ReadOnlyMemory<byte> _decoyRow;
    private readonly VerifyKey _decoyKey;

    internal Realm(
        IKeyStore store, Lookups lookups, RealmShares shares, IAppPolicies policies, VerifyKey ownHome,
        ReadOnlySpan<byte> seed, IRandom random, ServerClock clock, IEvidenceLog log, SlotNews news)
    {
        _news = news;
        (_store, _lookups, _shares, _policies, _random, _clock) = (store, lookups, shares, policies, random, clock);
        (_keys, _names) = (new RealmKeys(seed), new UserNames(store, lookups, policies));
        _answers = new RealmAnswers(_keys, policies, clock);
        _accounts = new RealmAccounts(store, lookups, _names, policies, ownHome, _keys, _answers, clock, log);
        _registrar = new RealmRegistrar(store, lookups, _names, shares, _keys, _accounts, _answers, clock);
        Span<byte> drawn = stackalloc byte[SigningKey.SeedSize];
        random.Fill(drawn);
        using var nobody = SigningKey.FromSeed(drawn);
        _decoyKey = nobody.PublicKey;
        _decoyRow = Decoy().Encode();
    }

    /// <summary>The public keys by which clients pin this realm.</summary>
    public RealmIdentity Identity => _keys.Identity;

    /// <summary>Keeps a share for a user, of an account that the realm knows or gets to know.</summary>
    /// <param name="user">Whose, by an app token: nobody else may guess.</param>
    /// <param name="register">What is kept, signed by an authority.</param>
    /// <param name="request">SHA-256 of the request's body, which the answer repeats.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    /// <returns>The signed status.</returns>
    public ValueTask<Outcome<byte[]>> RegisterAsync(
        AppUser user, RealmRegister register, Hash256 request, CancellationToken ct) =>
        _registrar.RegisterAsync(user, register, request, ct);

    /// <summary>Follows a newer head, whoever brings it.</summary>
    /// <param name="follow">The head.</param>
    /// <param name="request">SHA-256 of the request's body, which the answer repeats.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    /// <returns>What the realm witnesses, signed.</returns>
    public ValueTask<Outcome<byte[]>> FollowAsync(RealmFollow follow, Hash256 request, CancellationToken ct) =>
        _accounts.FollowAsync(follow, request, ct);

    /// <summary>Does what an authority asks.</summary>
    /// <param name="command">The signed command.</param>
    /// <param name="user">The new user of the slot, by an app token, where one came along.</param>
    /// <param name="request">SHA-256 of the request's body, which the answer repeats.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    /// <returns>The signed status with the events.</returns>
    public ValueTask<Outcome<byte[]>> CommandAsync(
        RealmCommand command, AppUser? user, Hash256 request, CancellationToken ct) =>
        _accounts.CommandAsync(command, user, request, ct);

    /// <summary>Takes a home's receipt of an erasure.</summary>
    /// <param name="receipt">The receipt.</param>
    /// <param name="request">SHA-256 of the request's body, which the answer repeats.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    /// <returns>What the realm witnesses, signed.</returns>
    public ValueTask<Outcome<byte[]>> ReceiptAsync(RealmReceipt receipt, Hash256 request, CancellationToken ct) =>
        _accounts.ReceiptAsync(receipt, request, ct);

    /// <summary>Counts a guess, and then evaluates it.</summary>
    /// <param name="user">Who guesses, by an app token.</param>
    /// <param name="guess">The guess.</param>
    /// <param name="request">SHA-256 of the request's body, which the answer repeats.</param>
    /// <param name="ct">Cancels what was not yet counted.</param>
    /// <returns>The signed status with the evaluation.</returns>
    public async ValueTask<Outcome<byte[]>> EvaluateAsync(
        AppUser user, RealmEvaluate guess, Hash256 request, CancellationToken ct)
    {
        var key = _lookups.Ids.RealmSlot(guess.Slot);
        var element = Hash256.Of(guess.Blinded.ToArray());
        for (var tried = 0; tried < Tries; tried++)
        {
            var (row, stored) = await ReadAsync(key, ct);
            if (stored is null || !_names.IsOf(row.Subject, user))
                return new ServiceFailure(ErrorCode.NotFound);

            var account = await AccountOfAsync(row, ct);
            var step = StateOf(account, guess.Slot) switch
            {
                RealmSlotState.Destroyed when !row.IsDestroyed => Over(row),
                var state => RealmRules.Charge(
                    row, guess.Attempt, element, _policies.Of(row.App).Passphrase, Now,
                    isPaused: state == RealmSlotState.Paused),
            };
            // Opened first: a share that does not open must not cost a guess.
            using var share = step is RealmStep.Proceed ? await _shares.OpenAsync(key, row, ct) : null;
            if (step is RealmStep.Proceed && share is null) continue;
            switch (await WriteAsync(step, stored, ct))
            {
                case WriteResult.Unavailable(_, var reason):
                    return ServiceFailure.Of(reason);
                case WriteResult.Refused:
                    continue;
            }
            RealmMeter.Attempt(step);
            if (step.Next is { } counted) _news.Note(guess.Slot, counted.Events);
            return step is RealmStep.Refuse refused
                ? refused.Failure
                : _answers.Slot(
                    guess.Slot, step.Next ?? row, account!, request, Evaluate(share!, row, guess.Blinded));
        }
        return new ServiceFailure(ErrorCode.Unavailable);
    }

    /// <summary>Gives all guesses back to whoever can sign as the slot.</summary>
    /// <param name="reset">The signed reset.</param>
    /// <param name="request">SHA-256 of the request's body, which the answer repeats.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    /// <returns>The signed status.</returns>
    public async ValueTask<Outcome<byte[]>> ResetAsync(RealmReset reset, Hash256 request, CancellationToken ct)
    {
        if (reset.Realm != Identity.Fingerprint) return new ServiceFailure(ErrorCode.Refused) { Field = "realm" };
        var key = _lookups.Ids.RealmSlot(reset.Slot);
        for (var tried = 0; tried < Tries; tried++)
        {
            var (row, stored) = await ReadAsync(key, ct);
            ServiceMeter.Verification();
            var isSigned = reset.IsSignedBy(KeyOf(row.SigningKey)) && !row.IsDeleted;
            // A decoy's key signs nothing, so that nobody without a key learns whether there is such a slot.
            if (!isSigned || stored is null) return new ServiceFailure(ErrorCode.SignatureInvalid);
            var account = await AccountOfAsync(row, ct);
            var step = RealmRules.Reset(row, reset.Attempt, reset.Round, Now);
            if (step is RealmStep.Proceed && StateOf(account, reset.Slot) == RealmSlotState.Destroyed) step = Over(row);
            switch (await WriteAsync(step, stored, ct))
            {
                case WriteResult.Unavailable(_, var reason):
                    return ServiceFailure.Of(reason);
                case WriteResult.Refused:
                    continue;
            }
            return step is RealmStep.Refuse refused
                ? refused.Failure : _answers.Slot(reset.Slot, step.Next ?? row, account!, request);
        }
        return new ServiceFailure(ErrorCode.Unavailable);
    }

    /// <summary>Zeroes the realm's keys.</summary>
    public void Dispose() => _keys.Dispose();

    /// <summary>What it knows of accounts.</summary>
    internal RealmAccounts Accounts => _accounts;

    private DateTimeOffset Now => _clock.Steady;

    // The row, and as it was read; a row of nobody and null where there is none, so that both cost the same.
    private async ValueTask<(RealmSlotRow Row, Row? Stored)> ReadAsync(RowKey key, CancellationToken ct)
    {
        ServiceMeter.Read();
        var stored = await _store.ReadAsync(key, ct);
        return (RealmSlotRow.Decode(stored?.Value ?? _decoyRow), stored);
    }

    private async ValueTask<WriteResult?> WriteAsync(RealmStep step, Row stored, CancellationToken ct) =>
        step.Next is { } next
            ? await _store.WriteAsync([new RowWrite.Replace(stored, next.Encode())], ct) : null;

    private OprfEvaluation Evaluate(OprfScalar share, RealmSlotRow row, OprfElement blinded) =>
        OprfElement.TryParse(row.ShareKey.Span, out var shareKey)
            ? OprfServer.Evaluate(share, shareKey, blinded, _random)
            : throw new RowDamagedException(Table.RealmSlots);

    // What the chain has made of it: the account's row decides, and the slot's follows.
    private RealmSlotState StateOf(RealmAccountRow? account, AuthorityId slot) =>
        account?.StateOf(slot, _clock.Now) ?? RealmSlotState.Destroyed;

    private async ValueTask<RealmAccountRow?> AccountOfAsync(RealmSlotRow row, CancellationToken ct) =>
        row.Account.IsEmpty
            ? null : (await _accounts.ReadAsync(new RowKey(Table.RealmAccounts, row.Account), ct)).Account;

    private RealmStep.Refuse Over(RealmSlotRow row) => new(
        new ServiceFailure(ErrorCode.SlotLocked) { GuessesLeft = 0, NextAttemptInMs = 0 },
        RealmRules.Destroy(row, Now));

    // A deleted slot has no keys; a signature is verified all the same.
    private VerifyKey KeyOf(ReadOnlyMemory<byte> key) => key.IsEmpty ? _decoyKey : VerifyKey.FromChecked(key.Span);

    private RealmSlotRow Decoy() => new()
    {
        App = "decoy",
        Subject = new byte[Hash256.Size],
        Kek = new(1),
        SealedShare = new byte[OprfScalar.Size + SecretBox.Overhead],
        ShareKey = new byte[OprfElement.Size],
        SigningKey = _decoyKey.ToArray(),
        Registration = new byte[Hash256.Size],
    };
}
