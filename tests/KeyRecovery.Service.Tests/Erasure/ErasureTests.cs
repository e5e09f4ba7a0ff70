using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using Microsoft.Data.Sqlite;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>Erasure over real stores, with a clock that the test moves.</summary>
public sealed class ErasureTests
{
    private readonly TestRandom _random = new(11);

    [Fact]
    public async Task A_trusted_devices_request_is_held_then_done_and_its_receipt_is_the_same_ever_after()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, code) = await NewAsync(server);
        var held = await RequestAsync(server, account, phone);
        Assert.Equal((ErasureState.Held, 72L * 3600 * 1000), (held.State, held.DueInMs));
        server.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(71L * 3600 * 1000, (await RequestAsync(server, account, phone)).DueInMs);
        Assert.Equal(0, (await server.Service.Erasures.ResumeAsync(default)).Erased);
        (await server.PassAsync(account, code)).Dispose();

        server.Time.Advance(TimeSpan.FromHours(71));
        Assert.Equal(1, (await server.Service.Erasures.ResumeAsync(default)).Erased);
        var first = await RefusedAsync(server, account, phone);
        Assert.Equal(ErrorCode.Erased, first.Code);
        var receipt = SignedErasureReceipt.Decode(first.Receipt);
        Assert.True(receipt.IsSignedBy(server.Service.Erasures.AuditKey));
        Assert.True(receipt.Receipt.IsOf(account.Now.Account));
        Assert.Equal(
            [ErasureProof.KeyAbsent, ErasureProof.RowUnopened, ErasureProof.RowsDeleted, .. server.Emptied],
            receipt.Receipt.Proofs.AsEnumerable());
        await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal(first.Receipt.ToArray(), (await RefusedAsync(server, account, phone)).Receipt.ToArray());
        // A slot is as unknown as any other.
        Assert.Equal(ErrorCode.SignatureInvalid, (await RefusedAsync(server, account, code)).Code);
        Assert.Equal(
            (0, 1), (await CountAsync(server, Table.Links, Table.Slots, Table.Subjects),
                await CountAsync(server, Table.Accounts)));
        Assert.True((await server.Service.Audit.RunAsync(default)) is { IsSound: true, OrphanRows.Count: 0 });

        // The fence goes after a day, without a brake, once the log has what it names; the same person is a new
        // account.
        await server.Service.Log!.OpenAsync(default);
        await server.Service.Log.PassAsync(default);
        server.Time.Advance(TimeSpan.FromHours(26));
        var (again, _, _) = await NewAsync(server);
        Assert.NotEqual(account.Now.Account, again.Now.Account);
        await server.Service.Sweeper.SweepAsync(TimeSpan.FromHours(24), default);
        Assert.Equal(1, await CountAsync(server, Table.Accounts));
    }

    [Fact]
    public async Task Level_2_follows_when_the_KEK_of_that_time_is_destroyed()
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        var (account, phone, _) = await NewAsync(server);
        var (other, otherPhone, _) = await NewAsync(server, "other");
        var first = SignedErasureReceipt.Decode((await RequestAsync(server, account, phone)).Receipt).Receipt;
        Assert.Equal((1, 0UL), (first.Level, first.KekDestroyedAt));
        Assert.Equal((0, 1), await FinalAsync(server));
        await server.Service.Rotation.RunAsync(begin: true, null, default);
        server.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal((1, 0), await FinalAsync(server));
        var second = SignedErasureReceipt.Decode((await RefusedAsync(server, account, phone)).Receipt);
        Assert.True(second.IsSignedBy(server.Service.Erasures.AuditKey));
        Assert.Equal((2, first.Id, first.ErasedAt), (second.Receipt.Level, second.Receipt.Id, second.Receipt.ErasedAt));
        Assert.True(second.Receipt.KekDestroyedAt > second.Receipt.ErasedAt);
        (await server.PassAsync(other, otherPhone)).Dispose();
    }

    [Trait("Store", "Files")]
    [Fact]
    public async Task An_open_reader_keeps_it_pending_without_a_receipt_until_it_ends()
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        var (account, phone, _) = await NewAsync(server);
        using (var reader = new SqliteConnection($"Data Source={server.StorePath};Pooling=False"))
        {
            reader.Open();
            using var begin = reader.CreateCommand();
            begin.CommandText = "BEGIN; SELECT count(*) FROM links";
            Assert.Equal(1L, begin.ExecuteScalar());
            var status = await RequestAsync(server, account, phone);
            Assert.Equal((ErasureState.Erasing, 0), (status.State, status.Receipt.Length));
            var pending = await server.Service.Erasures.ResumeAsync(default);
            Assert.Equal((0, 1), (pending.Erased, pending.Pending));
            Assert.NotNull(pending.Problem);
            Assert.True((await RefusedAsync(server, account, phone)).Receipt.IsEmpty);
        }

        Assert.Equal(1, (await server.Service.Erasures.ResumeAsync(default)).Erased);
        Assert.False((await RefusedAsync(server, account, phone)).Receipt.IsEmpty);
    }

    [Fact]
    public async Task Slots_young_devices_and_strangers_do_not_ask_and_whoever_was_there_cancels_also_when_removed()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, code) = await NewAsync(server);
        using (var open = await server.PassAsync(account, code))
            Assert.Equal(
                ErrorCode.Forbidden, Failure(await server.Service.Erasures.RequestAsync(open, 0, default)).Code);
        var (laptop, tablet) = (TestAuthority.Device(_random), TestAuthority.Device(_random));
        await CommitAsync(server, account, phone, new AccountChange { Add = [laptop] });
        using (var open = await server.PassAsync(account, laptop))
            Assert.Equal(
                ErrorCode.YoungAuthority, Failure(await server.Service.Erasures.RequestAsync(open, 0, default)).Code);

        // The laptop comes of age, throws the phone out and asks: the phone, removed, still cancels, and so does the
        // code.
        server.Time.Advance(TimeSpan.FromHours(73));
        await CommitAsync(server, account, laptop, new AccountChange { Remove = [phone], Add = [tablet] });
        await RequestAsync(server, account, laptop);
        Assert.True(await CancelAsync(server, account, phone));
        Assert.Equal(ErasureState.None, (await StatusAsync(server, account, laptop)).State);
        await RequestAsync(server, account, laptop);
        Assert.True(await CancelAsync(server, account, code));

        // Who came later may not; who was removed long before the request may not either.
        await RequestAsync(server, account, laptop);
        var late = TestAuthority.Device(_random);
        await CommitAsync(server, account, laptop, new AccountChange { Add = [late] });
        Assert.Equal(ErrorCode.Forbidden, Failure(await TryCancelAsync(server, account, late)).Code);
        Assert.True(await CancelAsync(server, account, laptop));
        server.Time.Advance(TimeSpan.FromHours(74));
        await RequestAsync(server, account, laptop);
        Assert.Equal(ErrorCode.Revoked, Failure(await TryCancelAsync(server, account, phone)).Code);

        // Removing the asker cancels.
        await CommitAsync(server, account, code, new AccountChange { Remove = [laptop] });
        Assert.Equal(ErasureState.None, (await StatusAsync(server, account, tablet)).State);
        server.Time.Advance(TimeSpan.FromHours(80));
        Assert.Equal(0, (await server.Service.Erasures.ResumeAsync(default)).Erased);
        (await server.PassAsync(account, tablet)).Dispose();
    }

    [Fact]
    public async Task A_job_erases_those_it_names_and_the_same_file_is_the_same_job()
    {
        await using var server = await TestService.OpenAsync();
        var accounts = new List<(TestAccount Account, TestAuthority Phone, TestAuthority Code)>();
        for (var i = 0; i < 6; i++) accounts.Add(await NewAsync(server, $"user {i}"));
        var job = await FileAsync(server, "user 1", "nobody", "user 3", "user 1");
        await server.Service.Erasures.ResumeAsync(default);
        var report = (await server.Service.Erasures.Jobs.ReadAsync(job, TestAccount.DefaultApp, 0, 200, default))!;
        Assert.Equal((4, 3, 1, 0), (report.Lines, report.Erased, report.Unknown, report.Pending));
        Assert.Equal([LineOutcome.Erased, LineOutcome.Unknown, LineOutcome.Erased, LineOutcome.Erased],
            report.Outcomes.Select(o => o.Outcome));
        Assert.Equal(report.Outcomes[0].Receipt.ToArray(), report.Outcomes[3].Receipt.ToArray());
        Assert.Equal(job.ToArray(), (await FileAsync(server, "user 1", "nobody", "user 3", "user 1")).ToArray());
        Assert.Null(await server.Service.Erasures.Jobs.ReadAsync(job, "another.app", 0, 200, default));
        foreach (var (account, phone, _) in accounts.Where((_, i) => i is not (1 or 3)))
            (await server.PassAsync(account, phone)).Dispose();
        foreach (var i in new[] { 1, 3 })
            Assert.Equal(ErrorCode.Erased, (await RefusedAsync(server, accounts[i].Account, accounts[i].Phone)).Code);
    }

    [Fact]
    public async Task Commits_that_race_an_erasure_leave_no_row_and_no_lookup()
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        for (var round = 0; round < 60; round++)
        {
            var (account, phone, _) = await NewAsync(server, $"racer {round}");
            var commit = account.Commit(phone,
                new AccountChange {
                    Add = [TestAuthority.Code(_random)], Put = [(new ItemId(_random.Bytes(16)), _random.Bytes(64))],
                });
            using var writer = await server.PassAsync(account, phone);
            var write = Task.Run(async () =>
            {
                try
                {
                    await server.Service.Commits.CommitAsync(writer, commit, default);
                }
                catch (KeyRecovery.Service.Rows.AccountErasedException)
                {
                    // The answer of 410, where the fence was met.
                }
            });
            var status = await Task.Run(() => RequestAsync(server, account, phone));
            await write;
            Assert.Equal(ErasureState.Erased, status.State);
        }

        Assert.Equal(
            0, await CountAsync(server, Table.Links, Table.Keysets, Table.Manifests, Table.Items, Table.History,
                Table.Trails, Table.Slots, Table.Subjects));
    }

    private async Task<(TestAccount Account, TestAuthority Phone, TestAuthority Code)> NewAsync(
        TestService server, string subject = "user")
    {
        var (phone, code) = (TestAuthority.Device(_random), TestAuthority.Code(_random));
        var account = TestAccount.Begin(
            _random, phone, [code], items: [(new ItemId(_random.Bytes(16)), _random.Bytes(40))]);
        Assert.IsType<Outcome<Heads>.Done>(await server.CreateAsync(account, subject));
        return (account, phone, code);
    }

    private static async Task CommitAsync(
        TestService server, TestAccount account, TestAuthority signer, AccountChange change) =>
        Assert.IsType<Outcome<Heads>.Done>(await server.CommitAsync(account, signer, account.Commit(signer, change)));

    private static async Task<ErasureStatus> RequestAsync(TestService server, TestAccount account, TestAuthority who)
    {
        using var open = await server.PassAsync(account, who);
        return Assert.IsType<Outcome<ErasureStatus>.Done>(
            await server.Service.Erasures.RequestAsync(
                open, (await server.Service.Erasures.StatusAsync(open, default)).Round, default)).Value;
    }

    private static async Task<ErasureStatus> StatusAsync(TestService server, TestAccount account, TestAuthority who)
    {
        using var open = await server.PassAsync(account, who);
        return await server.Service.Erasures.StatusAsync(open, default);
    }

    private static async Task<(int Final, int Waiting)> FinalAsync(TestService server) =>
        await server.Service.Erasures.ResumeAsync(default) is var report ? (report.Final, report.AwaitKek) : default;

    private static KeyId KeyOf(TestAccount account, TestAuthority who) =>
        who.Entry.Kind == AuthorityKind.Device
            ? KeyId.OfDevice(account.Now.Account, who.Id) : KeyId.OfSlot(who.Id);

    private static async Task<ServiceFailure> RefusedAsync(
        TestService server, TestAccount account, TestAuthority who) =>
        Assert.IsType<GateResult.Shut>(
            await server.Service.Gate.PassAsync(
                KeyOf(account, who), key => key == who.Signing.PublicKey, default)).Failure;

    private static async Task<Outcome<bool>> TryCancelAsync(TestService server, TestAccount account, TestAuthority who)
    {
        bool Verify(VerifyKey key) => key == who.Signing.PublicKey;
        return await server.Service.Erasures.CancelAsync(
            KeyOf(account, who), null, Verify, "192.0.2.0/24",
            ct => server.Service.Gate.PassAsync(KeyOf(account, who), Verify, ct), default);
    }

    private static async Task<bool> CancelAsync(TestService server, TestAccount account, TestAuthority who) =>
        Assert.IsType<Outcome<bool>.Done>(await TryCancelAsync(server, account, who)).Value;

    private static async Task<ReadOnlyMemory<byte>> FileAsync(TestService server, params string[] subjects)
    {
        async IAsyncEnumerable<(int, AppUser)> Lines()
        {
            await Task.Yield();
            for (var i = 0; i < subjects.Length; i++)
                yield return (i + 1, new AppUser(TestAccount.DefaultApp, "issuer", subjects[i]));
        }

        var hash = Hash256.Of(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', subjects)));
        return Assert.IsType<Outcome<(ReadOnlyMemory<byte> Job, int Lines)>.Done>(
            await server.Service.Erasures.Jobs.FileAsync(
                Lines(), TestAccount.DefaultApp, default, () => hash, default)).Value.Job;
    }

    private static async Task<int> CountAsync(TestService server, params Table[] tables)
    {
        var count = 0;
        foreach (var table in tables)
            await foreach (var _ in (table.Store == StoreKind.Data ? (IRowStore)server.Data : server.Keys)
                .ScanAsync(table, default)) count++;
        return count;
    }

    private static ServiceFailure Failure<T>(Outcome<T> outcome) => Assert.IsType<Outcome<T>.Failed>(outcome).Failure;
}
