using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Storage.Files.Ring;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.Service.Tests.Realms;

/// <summary>The realm over real stores, with a clock that the test moves.</summary>
public sealed class RealmTests
{
    private static readonly AppUser Anna = new(TestAccount.DefaultApp, "issuer", "anna");
    private static readonly AppUser Eve = new(TestAccount.DefaultApp, "issuer", "eve");

    private static readonly RowKey KeyRow = new(Table.KeyRows, new byte[32]);

    private readonly TestRandom _random = new(5);

    [Fact]
    public async Task A_share_is_sealed_under_the_KEK_that_its_row_names_and_opens_under_no_other_ring_or_row()
    {
        await using var server = await TestService.OpenAsync();
        using var slot = new TestRealmSlot(_random, TestAccount.DefaultApp);
        using var other = new TestRealmSlot(_random, TestAccount.DefaultApp);
        await RegisteredAsync(server, slot);
        await RegisteredAsync(server, other);
        var stored = await StoredAsync(server, slot);
        var row = RealmSlotRow.Decode(stored.Value);
        Assert.Equal(server.Ring.Current.Id, row.Kek);
        Assert.Equal(-1, stored.Value.Span.IndexOf(slot.Key.Shares[0].Span));

        using (var share = await OpenAsync(server.Ring, stored.Key, row))
            Assert.Equal(slot.Key.Shares[0].Span, share.Span);
        using var folder = new RingFolder(_random, server.Time);
        await Assert.ThrowsAsync<RowDamagedException>(() => OpenAsync(folder.Ring, stored.Key, row));
        var elsewhere = (await StoredAsync(server, other)).Key;
        await Assert.ThrowsAsync<RowDamagedException>(() => OpenAsync(server.Ring, elsewhere, row));

        async Task<OprfScalar> OpenAsync(IKekRing ring, RowKey key, RealmSlotRow from) =>
            (await new RealmShares(ring, server.Keys, _random).OpenAsync(key, from, default))!;
    }

    [Fact]
    public async Task A_share_that_does_not_open_costs_no_guess()
    {
        await using var server = await TestService.OpenAsync();
        using var slot = new TestRealmSlot(_random, TestAccount.DefaultApp);
        await RegisteredAsync(server, slot);
        var stored = await StoredAsync(server, slot);
        var row = RealmSlotRow.Decode(stored.Value);
        await server.Keys.WriteAsync(
            [new RowWrite.Replace(stored, (row with { Kek = new KekId(9) }).Encode())], default);
        await Assert.ThrowsAsync<RowDamagedException>(() => GuessAsync(server, Anna, slot.Guess()));
        Assert.Equal(0, (await RowAsync(server, slot)).Attempts.Count);
        Assert.Single((await server.Service.Audit.RunAsync(default)).Damaged);
    }

    [Fact]
    public async Task The_operators_check_opens_every_share_and_finds_a_foreign_one()
    {
        await using var server = await TestService.OpenAsync();
        using var slot = new TestRealmSlot(_random, TestAccount.DefaultApp);
        using var other = new TestRealmSlot(_random, TestAccount.DefaultApp);
        await RegisteredAsync(server, slot);
        await RegisteredAsync(server, other);
        Assert.Empty((await server.Service.Audit.RunAsync(default)).Damaged);
        var stored = await StoredAsync(server, slot);
        var row = RealmSlotRow.Decode(stored.Value) with { ShareKey = other.Key.ShareKeys[0].ToArray() };
        await server.Keys.WriteAsync([new RowWrite.Replace(stored, row.Encode())], default);
        Assert.Equal(
            "realm slot: not its share", Assert.Single((await server.Service.Audit.RunAsync(default)).Damaged));
    }

    [Fact]
    public async Task An_erasure_takes_all_slots_of_the_user_and_no_slot_of_another()
    {
        await using var server = await TestService.OpenAsync();
        using var annas = new TestRealmSlot(_random, TestAccount.DefaultApp);
        using var inChain = new TestRealmSlot(_random, TestAccount.DefaultApp);
        using var eves = new TestRealmSlot(_random, TestAccount.DefaultApp);
        await RegisteredAsync(server, annas);
        await RegisteredAsync(server, inChain);
        await RegisteredAsync(server, eves, Eve);

        // Eve's chain names Anna's slot, with a key of her own.
        await EraseAsync(server, Eve, (annas.Id, eves.Signing.PublicKey));
        Fails(ErrorCode.NotFound, await GuessAsync(server, Eve, eves.Guess()));
        await DoneAsync(server, Anna, annas.Guess());

        // A user whose name was lost with the data: the chain's own keys tell whose slots they are.
        await EraseAsync(server, null, (inChain.Id, inChain.Signing.PublicKey));
        Fails(ErrorCode.NotFound, await GuessAsync(server, Anna, inChain.Guess()));
        await DoneAsync(server, Anna, annas.Guess());

        await EraseAsync(server, Anna);
        Fails(ErrorCode.NotFound, await GuessAsync(server, Anna, annas.Guess()));
        Assert.All(
            new[] { await RowAsync(server, annas), await RowAsync(server, inChain), await RowAsync(server, eves) },
            row => Assert.Equal(RealmSlotRow.Deleted.Encode(), row.Encode()));
        Assert.Equal(0, await server.CountAsync(Table.RealmSubjects));
    }

    [Fact]
    public async Task Until_an_erasure_has_its_receipt_nothing_is_registered_for_its_user_and_afterwards_it_is()
    {
        await using var server = await TestService.OpenAsync();
        using var slot = new TestRealmSlot(_random, TestAccount.DefaultApp);
        using var late = new TestRealmSlot(_random, TestAccount.DefaultApp);
        await RegisteredAsync(server, slot);
        var subject = RowIds.RealmSubject(new RowIds(server.LookupKey).Subject(Anna));
        var planned = await RealmErasure.PlanAsync(server.Keys, KeyRow, [subject], [], default);
        Assert.IsType<WriteResult.Written>(await server.Keys.WriteAsync(planned, default));
        Assert.Empty(await RealmErasure.PlanAsync(server.Keys, KeyRow, [subject], [], default));
        Fails(ErrorCode.Erased, await RegisterAsync(server, Anna, late));
        Fails(ErrorCode.Erased, await RegisterAsync(server, Anna, slot));
        await RegisteredAsync(server, new TestRealmSlot(_random, TestAccount.DefaultApp), Eve);
        // Nobody else's erasure opens it.
        var other = new RowKey(Table.KeyRows, _random.Bytes(32));
        Assert.Null(await RealmErasure.PlanReopeningAsync(server.Keys, other, subject, default));
        var reopening = (await RealmErasure.PlanReopeningAsync(server.Keys, KeyRow, subject, default))!;
        Assert.IsType<WriteResult.Written>(await server.Keys.WriteAsync([reopening], default));
        await RegisteredAsync(server, late);
    }

    [Fact]
    public async Task A_registration_that_comes_in_between_refuses_the_erasure_which_then_takes_it_along()
    {
        await using var server = await TestService.OpenAsync();
        using var late = new TestRealmSlot(_random, TestAccount.DefaultApp);
        var subject = RowIds.RealmSubject(new RowIds(server.LookupKey).Subject(Anna));
        foreach (var _ in new[] { 1, 2 })
        {
            var planned = await RealmErasure.PlanAsync(server.Keys, KeyRow, [subject], [], default);
            using var slot = new TestRealmSlot(_random, TestAccount.DefaultApp);
            await RegisteredAsync(server, slot);
            Assert.IsType<WriteResult.Refused>(await server.Keys.WriteAsync(planned, default));
        }

        await RegisteredAsync(server, late);
        await EraseAsync(server, Anna);
        Fails(ErrorCode.NotFound, await GuessAsync(server, Anna, late.Guess()));
    }

    [Fact]
    public async Task Guesses_at_once_lose_no_count_and_the_right_one_beside_the_last_wrong_ends_one_way_or_the_other()
    {
        await using var server = await TestService.OpenAsync();
        server.Passphrase = new PassphrasePolicy { Waits = [] };
        for (var round = 0; round < 20; round++)
        {
            var user = Anna with { Subject = $"anna {round}" };
            using var slot = new TestRealmSlot(_random, TestAccount.DefaultApp);
            await RegisteredAsync(server, slot, user);
            for (var i = 0; i < 9; i++) await DoneAsync(server, user, slot.Guess());
            var right = slot.Guess("right");
            var both = await Task.WhenAll(
                Task.Run(async () =>
                {
                    var answer = await GuessAsync(server, user, right);
                    return answer is Outcome<byte[]>.Done ? await ResetAsync(server, slot, right.Attempt) : answer;
                }),
                Task.Run(() => GuessAsync(server, user, slot.Guess())));
            var row = await RowAsync(server, slot);
            if (both[0] is Outcome<byte[]>.Done) Assert.False(row.IsDestroyed);
            else Assert.Equal((ErrorCode.SlotLocked, true),
                (((Outcome<byte[]>.Failed)both[0]).Failure.Code, row.IsDestroyed));
        }
    }

    // What an erasure does here, from its point of no return to its receipt.
    private static async Task EraseAsync(
        TestService server, AppUser? user, params (AuthorityId Id, VerifyKey Key)[] chain)
    {
        var ids = new RowIds(server.LookupKey);
        RowKey? subject = user is null ? null : RowIds.RealmSubject(ids.Subject(user));
        var slots = chain.Select(s => (ids.RealmSlot(s.Id), (ReadOnlyMemory<byte>)s.Key.ToArray())).ToList();
        RowKey[] subjects = subject is { } one ? [one] : [];
        var planned = await RealmErasure.PlanAsync(server.Keys, KeyRow, subjects, slots, default);
        Assert.IsType<WriteResult.Written>(await server.Keys.WriteAsync(planned, default));
        if (subject is null) return;
        var reopening = (await RealmErasure.PlanReopeningAsync(server.Keys, KeyRow, subject.Value, default))!;
        Assert.IsType<WriteResult.Written>(await server.Keys.WriteAsync([reopening], default));
    }

    private static async Task<Outcome<byte[]>> RegisterAsync(TestService server, AppUser user, TestRealmSlot slot)
    {
        var body = slot.Registration(server.Service.Realm.Identity);
        return await server.Service.Realm.RegisterAsync(user, RealmRegister.Decode(body), Hash256.Of(body), default);
    }

    private static async Task RegisteredAsync(TestService server, TestRealmSlot slot, AppUser? user = null) =>
        Done(await RegisterAsync(server, user ?? Anna, slot));

    private static async Task<Outcome<byte[]>> GuessAsync(TestService server, AppUser user, TestGuess guess) =>
        await server.Service.Realm.EvaluateAsync(user, guess.Request, Hash256.Of(guess.Body), default);

    private static async Task DoneAsync(TestService server, AppUser user, TestGuess guess) =>
        Done(await GuessAsync(server, user, guess));

    private static async Task<Outcome<byte[]>> ResetAsync(TestService server, TestRealmSlot slot, AttemptId attempt)
    {
        var body = slot.Reset(server.Service.Realm.Identity, attempt);
        return await server.Service.Realm.ResetAsync(RealmReset.Decode(body), Hash256.Of(body), default);
    }

    private static async Task<RealmSlotRow> RowAsync(TestService server, TestRealmSlot slot) =>
        RealmSlotRow.Decode((await StoredAsync(server, slot)).Value);

    // Found by its place, which only the server's lookup key tells.
    private static async Task<Row> StoredAsync(TestService server, TestRealmSlot slot) =>
        (await server.Keys.ReadAsync(new RowIds(server.LookupKey).RealmSlot(slot.Id), default))!;

    private static void Done(Outcome<byte[]> outcome) => Assert.IsType<Outcome<byte[]>.Done>(outcome);

    private static void Fails(ErrorCode code, Outcome<byte[]> outcome, string? field = null)
    {
        var failure = Assert.IsType<Outcome<byte[]>.Failed>(outcome).Failure;
        Assert.Equal((code, field), (failure.Code, failure.Field));
    }

    // A ring of another server: its KEKs have the same ids.
    private sealed class RingFolder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("keyrecovery-ring-");
        private readonly FileRootKey _root;

        public RingFolder(IRandom random, TimeProvider time)
        {
            _root = FileRootKey.Open(_folder.FullName, random, true);
            Ring = FileKekRing.Open(_folder.FullName, _root, random, time, true);
        }

        public FileKekRing Ring { get; }

        public void Dispose()
        {
            Ring.Dispose();
            _root.Dispose();
            _folder.Delete(recursive: true);
        }
    }
}
