using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>
/// Whatever happens beside an erasure: either it came before, or it did not happen; and nothing of it stays.
/// </summary>
public sealed class ErasureRaceTests
{
    private const int Rounds = 40;

    private readonly TestRandom _random = new(23);

    [Fact]
    public async Task Guesses_and_registrations_at_the_realm_leave_no_share()
    {
        HeldKeyStore held = null!;
        await using var server = await OpenAsync(store => held = new HeldKeyStore(store));
        for (var round = 0; round < Rounds; round++)
        {
            // The second write of the erasure's row is the receipt. Behind it the person is anybody, and may register.
            var (erasures, isAnew) = (0, false);
            held.BeforeWrite = writes =>
            {
                if (writes.Any(w => w.Key.Table == Table.Erasures)) Interlocked.Increment(ref erasures);
                if (writes.Any(w => w.Key.Table == Table.RealmSlots && w is RowWrite.Create))
                    isAnew = Volatile.Read(ref erasures) >= 2;
                return Task.CompletedTask;
            };
            var user = new AppUser(TestAccount.DefaultApp, "issuer", $"racer {round}");
            var (account, phone, _) = await server.NewAccountAsync(_random, user.Subject);
            using var slot = new TestRealmSlot(_random, TestAccount.DefaultApp);
            using var late = new TestRealmSlot(_random, TestAccount.DefaultApp);
            await RegisterAsync(server, user, slot);
            var guess = slot.Guess();
            var beside = Task.WhenAll(
                Task.Run(() => TryRegisterAsync(server, user, late)),
                Task.Run(
                    async () => await server.Service.Realm.EvaluateAsync(
                        user, guess.Request, Hash256.Of(guess.Body), default)));
            Assert.Equal(ErasureState.Erased, (await Task.Run(() => server.RequestErasureAsync(account, phone))).State);
            await beside;
            var again = slot.Guess();
            Assert.Equal(ErrorCode.NotFound,
                Failure(await server.Service.Realm.EvaluateAsync(
                    user, again.Request, Hash256.Of(again.Body), default)).Code);
            Assert.True((await SlotAsync(server, slot))!.IsDestroyed);
            Assert.True(isAnew || await SlotAsync(server, late) is null or { IsDestroyed: true });
        }
    }

    [Fact]
    public async Task A_registration_between_the_keys_end_and_the_receipt_is_refused()
    {
        HeldKeyStore held = null!;
        await using var server = await OpenAsync(store => held = new HeldKeyStore(store));
        var user = new AppUser(TestAccount.DefaultApp, "issuer", "anna");
        var (account, phone, _) = await server.NewAccountAsync(_random, user.Subject);
        using var late = new TestRealmSlot(_random, TestAccount.DefaultApp);
        var writes = 0;
        held.BeforeWrite = async write =>
        {
            // Just before the second write of the erasure to its row, which is the receipt.
            if (write.All(w => w.Key.Table != Table.Erasures) || ++writes != 2) return;
            Assert.Equal(ErrorCode.Erased, Failure(await TryRegisterAsync(server, user, late)).Code);
        };
        Assert.Equal(ErasureState.Erased, (await server.RequestErasureAsync(account, phone)).State);
        held.BeforeWrite = null;
        Assert.True(writes >= 2);
        Assert.Null(await SlotAsync(server, late));
        Assert.Equal(0, await server.CountAsync(Table.RealmSubjects));
        // Afterwards the person is anybody, and may register anew.
        using var anew = new TestRealmSlot(_random, TestAccount.DefaultApp);
        await RegisterAsync(server, user, anew);
        Assert.False((await SlotAsync(server, anew))!.IsDestroyed);
    }

    [Fact]
    public async Task Recoveries_by_code_leave_no_device_and_no_row()
    {
        await using var server = await OpenAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var (account, phone, code) = await server.NewAccountAsync(_random, $"racer {round}");
            using var open = await server.PassAsync(account, code);
            var commit = account.Commit(
                code, new AccountChange { Add = [TestAuthority.Device(_random)], Remove = [phone] });
            var recovery = Task.Run(async () =>
            {
                try
                {
                    return await server.Service.Commits.CommitAsync(open, commit, default) is Outcome<Heads>.Done;
                }
                catch (AccountErasedException)
                {
                    return false;
                }
            });
            await server.FileErasuresAsync($"racer {round}");
            var report = await Task.Run(() => server.Service.Erasures.ResumeAsync(default));
            await recovery;
            Assert.Equal((1, 0), (report.Erased, report.Pending));
            Assert.Equal(ErrorCode.Erased, (await server.RefusedAsync(account, phone)).Code);
        }

        await AssertNothingAsync(server);
    }

    [Fact]
    public async Task A_recovery_that_removes_the_asker_and_an_erasure_that_falls_due_end_one_way_or_the_other()
    {
        await using var server = await OpenAsync();
        server.ErasureHold = TimeSpan.FromHours(72);
        for (var round = 0; round < Rounds; round++)
        {
            var (account, phone, code) = await server.NewAccountAsync(_random, $"racer {round}");
            await server.RequestErasureAsync(account, phone);
            server.Time.Advance(TimeSpan.FromHours(73));
            var laptop = TestAuthority.Device(_random);
            using var open = await server.PassAsync(account, code);
            var commit = account.Commit(code, new AccountChange { Add = [laptop], Remove = [phone] });
            var recovery = Task.Run(async () =>
            {
                try
                {
                    return await server.Service.Commits.CommitAsync(open, commit, default) is Outcome<Heads>.Done;
                }
                catch (AccountErasedException)
                {
                    return false;
                }
            });
            var report = await Task.Run(() => server.Service.Erasures.ResumeAsync(default));
            if (await recovery)
            {
                // Acknowledged, so it stands: also when the next pass looks.
                Assert.Equal(0, report.Erased + (await server.Service.Erasures.ResumeAsync(default)).Erased);
                (await server.PassAsync(account, laptop)).Dispose();
            }
            else
            {
                await server.Service.Erasures.ResumeAsync(default);
                Assert.Equal(ErrorCode.Erased, (await server.RefusedAsync(account, phone)).Code);
            }
        }
    }

    [Fact]
    public async Task Creations_that_an_operator_forestalls_leave_no_row_and_no_lookup()
    {
        await using var server = await OpenAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var subject = $"racer {round}";
            var account = TestAccount.Begin(_random, TestAuthority.Device(_random), [TestAuthority.Code(_random)]);
            var creation = Task.Run(async () =>
            {
                try
                {
                    await server.CreateAsync(account, subject);
                }
                catch (AccountErasedException)
                {
                    // The answer of 410.
                }
            });
            while (await server.CountAsync(Table.Subjects) == 0) await Task.Yield();
            await server.FileErasuresAsync(subject);
            var report = await Task.Run(() => server.Service.Erasures.ResumeAsync(default));
            await creation;
            Assert.Equal((1, 0), (report.Erased, report.Pending));
            await AssertNothingAsync(server);
        }
    }

    [Fact]
    public async Task Rotations_beside_erasures_bring_no_key_back_and_every_receipt_reaches_level_2()
    {
        await using var server = await OpenAsync();
        var gone = new List<(TestAccount Account, TestAuthority Phone)>();
        for (var round = 0; round < Rounds; round++)
        {
            var user = new AppUser(TestAccount.DefaultApp, "issuer", $"racer {round}");
            var (account, phone, _) = await server.NewAccountAsync(_random, user.Subject);
            using var slot = new TestRealmSlot(_random, TestAccount.DefaultApp);
            await RegisterAsync(server, user, slot);
            var rotation = Task.Run(() => server.Service.Rotation.RunAsync(begin: true, null, default));
            Assert.Equal(ErasureState.Erased, (await Task.Run(() => server.RequestErasureAsync(account, phone))).State);
            await rotation;
            gone.Add((account, phone));
        }

        await server.Service.Rotation.RunAsync(begin: true, null, default);
        server.Time.Advance(TimeSpan.FromMinutes(5));
        var report = await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal(0, report.AwaitKek);
        foreach (var (account, phone) in gone)
        {
            var refused = await server.RefusedAsync(account, phone);
            Assert.Equal(2, Protocol.Audit.SignedErasureReceipt.Decode(refused.Receipt).Receipt.Level);
        }

        await foreach (var row in server.Keys.ScanAsync(Table.KeyRows, default))
            Assert.True(KeyRow.Decode(row.Value).WrappedSubjectKey.IsEmpty);
        await foreach (var row in server.Keys.ScanAsync(Table.RealmSlots, default))
            Assert.True(RealmSlotRow.Decode(row.Value).IsDestroyed);
    }

    [Fact]
    public async Task A_commit_that_passed_the_gate_before_and_comes_after_the_receipt_writes_nothing()
    {
        await using var server = await OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "anna");
        var commit = account.Commit(phone, new AccountChange { Add = [TestAuthority.Code(_random)] });
        // It passed the gate before.
        using var open = await server.PassAsync(account, phone);
        Assert.Equal(ErasureState.Erased, (await server.RequestErasureAsync(account, phone)).State);
        Outcome<Heads>? outcome = null;
        var thrown = await Record.ExceptionAsync(
            async () => outcome = await server.Service.Commits.CommitAsync(open, commit, default));
        if (thrown is not null) Assert.IsType<AccountErasedException>(thrown);
        else Assert.IsType<Outcome<Heads>.Failed>(outcome);
        await AssertNothingAsync(server);
        Assert.Equal(ErrorCode.Erased, (await server.RefusedAsync(account, phone)).Code);
    }

    private static async Task<TestService> OpenAsync(Func<IKeyStore, IKeyStore>? between = null)
    {
        var server = await TestService.OpenAsync(
            Directory.CreateTempSubdirectory("keyrecovery-service-").FullName, SystemRandom.Instance, between);
        server.ErasureHold = TimeSpan.Zero;
        return server;
    }

    private static async Task RegisterAsync(TestService server, AppUser user, TestRealmSlot slot) =>
        Assert.IsType<Outcome<byte[]>.Done>(await TryRegisterAsync(server, user, slot));

    private static async Task<Outcome<byte[]>> TryRegisterAsync(TestService server, AppUser user, TestRealmSlot slot)
    {
        var body = slot.Registration(server.Service.Realm.Identity);
        return await server.Service.Realm.RegisterAsync(user, RealmRegister.Decode(body), Hash256.Of(body), default);
    }

    private static async Task<RealmSlotRow?> SlotAsync(TestService server, TestRealmSlot slot) =>
        await server.Keys.ReadAsync(new RowIds(server.LookupKey).RealmSlot(slot.Id), default) is { } row
            ? RealmSlotRow.Decode(row.Value) : null;

    private static async Task AssertNothingAsync(TestService server) => Assert.Equal(0, await server.CountAsync(
        Table.Links, Table.Keysets, Table.Manifests, Table.Items, Table.History, Table.Trails, Table.Slots,
        Table.Subjects));

    private static ServiceFailure Failure<T>(Outcome<T> outcome) => Assert.IsType<Outcome<T>.Failed>(outcome).Failure;
}
