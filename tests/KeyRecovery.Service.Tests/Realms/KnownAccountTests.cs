using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Realms;

/// <summary>
/// A realm that knows the account's chain (F10, Z09): who may do what with a passphrase there, what becomes of a slot
/// with the chain, and what a home can do alone.
/// </summary>
public sealed class KnownAccountTests
{
    private const ulong Later = KnownAccount.Then + 3600;

    private static readonly TimeSpan Known = TimeSpan.FromHours(72);
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);

    [Fact]
    public async Task A_registration_tells_the_head_verbatim_with_every_answer_and_the_same_again_is_the_same()
    {
        await using var account = await KnownAccount.UnknownAsync();
        Fails(ErrorCode.NotFound, await account.FollowAsync(account.Account.Now));
        Done(await account.RegisterAsync());
        Done(await account.RegisterAsync());
        var status = await account.StatusAsync();
        Assert.Equal(RealmSlotState.Fresh, status.State);
        Assert.Equal(account.ShareKey, status.Told.ShareKey);
        Assert.Equal(account.Slot.Signing.PublicKey, status.Told.SigningKey);
        Assert.Equal(
            KnownAccount.HeadOf(account.Account.Now).Bytes.ToArray(), status.Told.Heads.Head.Bytes.ToArray());
        account.Account.Commit(account.Phone, new AccountChange { Add = [account.Slot] });
        Done(await account.FollowAsync(account.Account.Now, from: 2));
        Assert.Equal(RealmSlotState.Live, (await account.StatusAsync()).State);
        Done(await account.GuessAsync());
        await SoundAsync(account);
    }

    [Fact]
    public async Task Nobody_registers_but_an_authority_that_is_active_at_a_head_of_a_home_that_the_app_names()
    {
        await using var account = await KnownAccount.UnknownAsync();
        var stranger = account.NewDevice();
        Fails(ErrorCode.SignatureInvalid, await account.RegisterAsync(stranger));
        Fails(ErrorCode.Refused, await account.RegisterAsync(
            user: account.User with { App = "another.example" }), "links");
        Done(await account.RegisterAsync());
        // Somebody else's token and an own slot of the same id: it is taken.
        Fails(ErrorCode.SlotExists, await account.RegisterAsync(user: Eve(account)), "slot");
        account.Account.Commit(account.Phone, new AccountChange { Remove = [account.Laptop] });
        Fails(ErrorCode.SignatureInvalid, await account.RegisterAsync(account.Laptop, account.NewSlot()));
        // The head in the removed one's favour is old by now.
        Done(await account.FollowAsync(account.Account.Now));
        Fails(ErrorCode.SignatureInvalid, await account.RegisterAsync(
            account.Laptop, account.NewSlot(), vault: account.Account.History[^2]));
        await SoundAsync(account);
    }

    [Theory]
    [InlineData(RealmAction.Pause)]
    [InlineData(RealmAction.Resume)]
    [InlineData(RealmAction.Subject)]
    [InlineData(RealmAction.Objection)]
    public async Task Removed_young_and_strange_ones_and_who_has_a_token_alone_command_nothing(RealmAction kind)
    {
        await using var account = await KnownAccount.RegisteredAsync();
        var (young, stranger) = (account.NewDevice(), account.NewDevice());
        account.Server.Time.Advance(Known);
        account.Account.Commit(account.Phone, new AccountChange { Add = [young] });
        account.Account.Commit(account.Phone, new AccountChange { Remove = [account.Laptop] });
        Fails(ErrorCode.SignatureInvalid, await account.CommandAsync(kind, stranger, 0, Eve(account)));
        Fails(ErrorCode.SignatureInvalid, await account.CommandAsync(kind, account.Laptop, 0, Eve(account)));
        Fails(ErrorCode.Forbidden, await account.CommandAsync(kind, young, 0, Eve(account)), "signer");
        Fails(ErrorCode.NotFound, await account.GuessAsync(Eve(account)));
        // But it reads, and the phone's slot is as it was.
        Assert.Equal(RealmSlotState.Live, (await account.StatusAsync(young)).State);
        Assert.Equal(0ul, (await account.StatusAsync()).Told.Count);
        account.Server.Time.Advance(Known);
        Done(await account.CommandAsync(kind, young, 0, account.User));
        await SoundAsync(account);
    }

    [Fact]
    public async Task A_trusted_and_stolen_device_pauses_for_thirty_days_at_most_and_destroys_nothing()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        account.Server.Time.Advance(Known);
        Done(await account.CommandAsync(RealmAction.Pause, account.Laptop, 0));
        Fails(ErrorCode.SlotPaused, await account.GuessAsync());
        account.Server.Time.Advance(Month - TimeSpan.FromSeconds(1));
        Fails(ErrorCode.SlotPaused, await account.GuessAsync());
        account.Server.Time.Advance(TimeSpan.FromSeconds(1));
        Done(await account.GuessAsync());
        await SoundAsync(account);
    }

    [Fact]
    public async Task A_command_is_replayed_by_nobody_and_none_jumps_ahead()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        var pause = account.Command(RealmAction.Pause, account.Phone, 0);
        Done(await account.SendAsync(pause));
        Done(await account.CommandAsync(RealmAction.Resume, account.Phone, 1));
        Fails(ErrorCode.Conflict, await account.SendAsync(pause), "count");
        Fails(ErrorCode.Conflict,
            await account.CommandAsync(RealmAction.Pause, account.Phone, CborOut.MaxInteger), "count");
        Assert.Equal(2ul, (await account.StatusAsync()).Told.Count);
        Done(await account.GuessAsync());
    }

    [Fact]
    public async Task A_pause_is_noted_once_and_so_is_its_end_and_a_reset_ends_none()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        RealmAction[] actions =
            [RealmAction.Resume, RealmAction.Pause, RealmAction.Pause, RealmAction.Resume, RealmAction.Resume];
        for (var i = 0; i < actions.Length; i++) Done(await account.CommandAsync(actions[i], account.Phone, (ulong)i));
        Assert.Equal(
            [RealmEventKind.Registered, RealmEventKind.Paused, RealmEventKind.Resumed],
            (await account.StatusAsync()).Events.Select(e => e.Kind));

        var guess = account.NewGuess();
        Done(await account.Realm.EvaluateAsync(account.User, guess, default, default));
        Done(await account.CommandAsync(RealmAction.Pause, account.Phone, 5));
        var reset = RealmReset.Sign(
            account.Realm.Identity.Fingerprint, account.Slot.Id, guess.Attempt, 0, account.Slot.Signing);
        Done(await account.Realm.ResetAsync(RealmReset.Decode(reset), default, default));
        var status = await account.StatusAsync();
        Assert.Equal((RealmSlotState.Paused, 10), (status.State, status.GuessesLeft));
    }

    [Fact]
    public async Task A_slot_of_which_the_guesses_are_used_up_is_read_and_nothing_else()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        account.Server.Passphrase = new PassphrasePolicy { Waits = [] };
        for (var i = 0; i < 11; i++) await account.GuessAsync();
        Assert.Equal(RealmSlotState.Destroyed, (await account.StatusAsync()).State);
        RealmAction[] actions = [RealmAction.Pause, RealmAction.Resume, RealmAction.Subject];
        for (var i = 0; i < actions.Length; i++)
            Fails(ErrorCode.SlotLocked,
                await account.CommandAsync(actions[i], account.Phone, (ulong)i, account.User));
        Assert.Equal(RealmSlotState.Destroyed, (await account.StatusAsync()).State);
        await SoundAsync(account);
    }

    [Fact]
    public async Task A_slot_that_leaves_the_chain_is_destroyed_whoever_brings_the_head()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        account.Account.Commit(account.Phone, new AccountChange { Remove = [account.Slot] });
        Done(await account.FollowAsync(account.Account.Now));
        Fails(ErrorCode.SlotLocked, await account.GuessAsync());
        Assert.True((await RowAsync(account)).SealedShare.IsEmpty);
        Fails(ErrorCode.SlotExists, await account.RegisterAsync(), "slot");
        await SoundAsync(account);
    }

    [Fact]
    public async Task A_realm_that_comes_back_after_a_year_follows_from_where_it_stood()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        var from = account.Account.Now.Links.Length;
        for (var i = 0; i < 20; i++)
        {
            var device = account.NewDevice();
            account.Account.Commit(account.Phone, new AccountChange { Add = [device] });
            account.Account.Commit(account.Code, new AccountChange { Remove = [device] });
        }
        account.Server.Time.Advance(TimeSpan.FromDays(365));
        Fails(ErrorCode.Refused, await account.FollowAsync(account.Account.Now, from: from + 1), "links");
        Done(await account.FollowAsync(account.Account.Now, from: from));
        Assert.Equal(RealmSlotState.Live, (await account.StatusAsync(account.Code)).State);
        Done(await account.CommandAsync(RealmAction.Pause, account.Code, 0));
    }

    [Fact]
    public async Task A_restored_home_behind_its_realms_moves_nothing_and_hears_of_their_head()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        var newest = account.Account.Now;
        account.Account.Return(account.Account.History[0]);
        Done(await account.FollowAsync(account.Account.Now, time: Later));
        var status = await account.StatusAsync();
        Assert.Equal(KnownAccount.HeadOf(newest).Bytes.ToArray(), status.Told.Heads.Head.Bytes.ToArray());
        Assert.Null(status.Told.Heads.Contradicting);
        Done(await account.GuessAsync());
    }

    [Fact]
    public async Task A_home_that_lies_alone_is_kept_as_evidence_and_moves_nothing()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        account.Server.Time.Advance(Known);
        var fork = Forked(account);
        Fails(ErrorCode.Conflict, await account.FollowAsync(fork, time: Later), "head");
        Fails(ErrorCode.Conflict, await account.FollowAsync(fork, Claim(account, 1, 2), time: Later), "head");
        // With an authority of the fork alone, which the realm does not know.
        var accomplice = account.NewDevice();
        Fails(ErrorCode.Conflict, await account.FollowAsync(
            fork, Claim(account, 1, 2), account.Fork(fork, accomplice, Later), Later), "head");
        account.Account.Return(account.Account.History[2]);
        var status = await account.StatusAsync();
        Assert.Equal(RealmSlotState.Live, status.State);
        Assert.Equal(
            KnownAccount.HeadOf(fork, Later).Bytes.ToArray(), status.Told.Heads.Contradicting!.Bytes.ToArray());
        Done(await account.GuessAsync());
        await SoundAsync(account);
    }

    [Fact]
    public async Task A_fork_under_a_claim_and_a_known_authoritys_word_is_followed_and_what_it_lacks_is_paused()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        var before = KnownAccount.HeadOf(account.Account.Now);
        var fork = Forked(account);
        var (claim, word) = (Claim(account, 1, 2), account.Fork(fork, account.Code, Later));
        account.Server.Time.Advance(Known - TimeSpan.FromSeconds(1));
        Fails(ErrorCode.Conflict, await account.FollowAsync(fork, claim, word, Later), "head");
        account.Server.Time.Advance(TimeSpan.FromSeconds(1));
        Done(await account.FollowAsync(fork, claim, word, Later));
        var status = await account.StatusAsync();
        Assert.Equal(RealmSlotState.Paused, status.State);
        Assert.Equal(before.Bytes.ToArray(), status.Told.Heads.Replaced!.Bytes.ToArray());
        Assert.Single(status.Told.Heads.Claims);
        Fails(ErrorCode.SlotPaused, await account.GuessAsync());

        account.Server.Time.Advance(Month - TimeSpan.FromSeconds(1));
        Assert.NotNull((await account.StatusAsync()).Told.Heads.Replaced);
        account.Server.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null((await account.StatusAsync()).Told.Heads.Replaced);
        Fails(ErrorCode.SlotLocked, await account.GuessAsync());
        Assert.True((await RowAsync(account)).SealedShare.IsEmpty);
        await SoundAsync(account);
    }

    [Fact]
    public async Task A_slot_that_a_fork_lacked_and_that_comes_again_is_live()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        account.Server.Time.Advance(Known);
        var fork = Forked(account);
        Done(await account.FollowAsync(
            fork, Claim(account, 1, 2), account.Fork(fork, account.Code, Later), Later));
        account.Account.Commit(account.Phone, new AccountChange { Add = [account.Slot] });
        Done(await account.FollowAsync(account.Account.Now, time: Later + 1));
        Done(await account.GuessAsync());
    }

    [Fact]
    public async Task A_receipt_of_erasure_pauses_at_once_and_destroys_after_72_hours()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        Done(await account.ReceiptAsync(1));
        Fails(ErrorCode.SlotPaused, await account.GuessAsync());
        Fails(ErrorCode.Forbidden, await account.CommandAsync(RealmAction.Objection, account.Phone, 0), "signer");
        account.Server.Time.Advance(Known - TimeSpan.FromSeconds(1));
        await account.Server.Service.Sweeper.SweepAsync(TimeSpan.FromDays(1), default);
        Assert.False((await RowAsync(account)).SealedShare.IsEmpty);
        account.Server.Time.Advance(TimeSpan.FromSeconds(1));
        await account.Server.Service.Sweeper.SweepAsync(TimeSpan.FromDays(1), default);
        Assert.True((await RowAsync(account)).SealedShare.IsEmpty);
        Fails(ErrorCode.SlotLocked, await account.GuessAsync());
        await SoundAsync(account);
    }

    [Fact]
    public async Task A_known_authority_objects_to_a_receipt_and_the_same_one_pauses_nothing_again()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        account.Server.Time.Advance(Known);
        Done(await account.ReceiptAsync(1));
        Done(await account.CommandAsync(RealmAction.Objection, account.Laptop, 0));
        Done(await account.ReceiptAsync(1));
        Done(await account.GuessAsync());
        Done(await account.ReceiptAsync(2));
        Fails(ErrorCode.SlotPaused, await account.GuessAsync());
    }

    [Fact]
    public async Task Sixteen_places_and_eight_registrations_a_day_and_what_the_chain_never_saw_gives_way_after_a_day()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        var never = new List<TestAuthority>();
        async Task<Outcome<byte[]>> AnotherAsync()
        {
            never.Add(account.NewSlot());
            return await account.RegisterAsync(slot: never[^1]);
        }
        for (var i = 1; i < RealmLimits.RegistrationsPerDay; i++) Done(await AnotherAsync());
        Fails(ErrorCode.LimitReached, await AnotherAsync(), "registrations");
        // Half of them is older than a day when the last place is taken.
        account.Server.Time.Advance(TimeSpan.FromHours(23));
        for (var i = 0; i < RealmLimits.RegistrationsPerDay; i++) Done(await AnotherAsync());
        account.Server.Time.Advance(TimeSpan.FromMinutes(59));
        Fails(ErrorCode.LimitReached, await AnotherAsync(), "registrations");
        account.Server.Time.Advance(TimeSpan.FromHours(23));
        Done(await AnotherAsync());
        Assert.True((await RowAsync(account, never[0])).IsDeleted);
        // The one that is in the chain never does.
        Done(await account.GuessAsync());
        await SoundAsync(account);
    }

    [Fact]
    public async Task A_subject_that_moves_takes_the_slot_along()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        var moved = account.User with { Issuer = "another issuer" };
        Fails(ErrorCode.NotFound, await account.GuessAsync(moved));
        Done(await account.CommandAsync(RealmAction.Subject, account.Phone, 0, moved));
        Done(await account.GuessAsync(moved));
        Fails(ErrorCode.NotFound, await account.GuessAsync());
        await SoundAsync(account);
    }

    [Fact]
    public async Task An_erasure_closes_what_the_user_has_here_and_leaves_no_account_behind()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        using var lookups = new Lookups(account.Server.LookupKey, SystemRandom.Instance);
        var (ids, keyRow) = (lookups.Ids, new RowKey(Table.KeyRows, new byte[32]));
        var subject = RowIds.RealmSubject(ids.Subject(account.User));
        var writes = await RealmErasure.PlanAsync(account.Server.Keys, keyRow, [subject], [], default);
        Assert.IsType<WriteResult.Written>(await account.Server.Keys.WriteAsync(writes, default));
        Assert.Empty(await RealmErasure.PlanAsync(account.Server.Keys, keyRow, [subject], [], default));
        Fails(ErrorCode.NotFound, await account.GuessAsync());
        Fails(ErrorCode.NotFound, await account.FollowAsync(account.Account.Now));
        var row = (await account.Server.Keys.ReadAsync(ids.RealmAccount(account.Account.Now.Account), default))!;
        Assert.Equal(-1, row.Value.Span.IndexOf(account.Account.Now.Account.ToArray()));
        Fails(ErrorCode.Erased, await account.RegisterAsync(slot: account.NewSlot()));
        await SoundAsync(account);
    }

    [Fact]
    public async Task Who_was_erased_and_comes_again_has_another_account_and_nothing_of_the_old_one()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        Done(await account.ReceiptAsync(1));
        account.Server.Time.Advance(Known);
        Fails(ErrorCode.SlotLocked, await account.GuessAsync());
        // The same login, at the same home.
        var again = KnownAccount.At(account.Server, 4401);
        Fails(ErrorCode.SlotExists, await again.RegisterAsync(slot: account.Slot, user: account.User), "slot");
        Done(await again.RegisterAsync(user: account.User));
        again.Account.Commit(again.Phone, new AccountChange { Add = [again.Slot] });
        Done(await again.FollowAsync(again.Account.Now));
        Done(await again.GuessAsync(account.User));
        Fails(ErrorCode.SlotLocked, await account.GuessAsync());
        Assert.True((await RowAsync(account)).SealedShare.IsEmpty);
        await SoundAsync(account);
    }

    // Another history behind the second state, in which nobody has added the slot.
    private static ServedVault Forked(KnownAccount account)
    {
        account.Account.Return(account.Account.History[1]);
        account.Account.Commit(account.Phone, new AccountChange { Add = [account.NewDevice()] });
        account.Account.Commit(account.Phone, new AccountChange { Add = [account.NewDevice()] });
        return account.Account.Now;
    }

    private static SignedClaim Claim(KnownAccount account, ulong sequence, ulong version) =>
        TestHome.Claim(account.Account.Now.Account, sequence, version, KnownAccount.Then + 60);

    private static AppUser Eve(KnownAccount account) => account.User with { Subject = "eve" };

    private static async Task<RealmSlotRow> RowAsync(KnownAccount account, TestAuthority? slot = null)
    {
        using var lookups = new Lookups(account.Server.LookupKey, SystemRandom.Instance);
        var stored = await account.Server.Keys.ReadAsync(lookups.Ids.RealmSlot((slot ?? account.Slot).Id), default);
        return RealmSlotRow.Decode(stored!.Value);
    }

    private static async Task SoundAsync(KnownAccount account) =>
        Assert.Empty((await account.Server.Service.Audit.RunAsync(default)).Damaged);

    private static void Done(Outcome<byte[]> outcome) => Assert.IsType<Outcome<byte[]>.Done>(outcome);

    private static void Fails(ErrorCode code, Outcome<byte[]> outcome, string? field = null)
    {
        var failure = Assert.IsType<Outcome<byte[]>.Failed>(outcome).Failure;
        Assert.Equal((code, field), (failure.Code, failure.Field));
    }
}
