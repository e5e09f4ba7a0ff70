using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Realms;
using KeyRecovery.Service.Tests.Steps;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Log;

/// <summary>
/// Two heads of one home that a realm keeps as evidence are one leaf of its server's log, which commits to both
/// (docs/protocol.md §17, event 14): whoever brings them, however often, and whatever happens meanwhile.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class HeadsDifferTests
{
    private const ulong Later = KnownAccount.Then + 3600;

    private static readonly string[] Ways = ["follow", "register", "command"];
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);

    public static TheoryData<string> AllWays => [.. Ways];

    public static TheoryData<string, StepFate> Fates()
    {
        var data = new TheoryData<string, StepFate>();
        foreach (var way in Ways)
            foreach (var fate in StepFates.Long)
                data.Add(way, fate);
        return data;
    }

    [Theory]
    [MemberData(nameof(AllWays))]
    public async Task A_forked_home_is_told_once_whoever_shows_it_and_how_often(string way)
    {
        await using var account = await KnownAccount.RegisteredAsync();
        var first = KnownAccount.HeadOf(account.Account.Now);
        var fork = Fork(account);
        Assert.Empty(await ToldAsync(account.Server));
        foreach (var again in Ways.Prepend(way))
        {
            Conflicts(await ShowAsync(account, fork, again));
            var leaf = Assert.Single(await ToldAsync(account.Server));
            Assert.Equal((AuditRole.Server, Commitment(first, fork)), (leaf.Role, leaf.Commitment));
        }

        // Whatever else the home signs has its place taken for a month.
        Conflicts(await ShowAsync(account, Fork(account), "follow"));
        account.Account.Return(account.Account.History[2]);
        account.Account.Commit(account.Phone, new AccountChange { Add = [account.NewDevice()] });
        Done(await account.FollowAsync(account.Account.Now));
        Conflicts(await ShowAsync(account, fork, way));
        Assert.Single(await ToldAsync(account.Server));
        await SoundAsync(account.Server);
    }

    [Fact]
    public async Task A_home_that_goes_on_or_was_restored_and_is_vouched_for_is_told_of_by_nothing()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        account.Server.Time.Advance(TimeSpan.FromSeconds(RealmLimits.KnownSeconds));
        Done(await account.FollowAsync(account.Account.History[0]));
        account.Account.Commit(account.Phone, new AccountChange { Add = [account.NewDevice()] });
        Done(await account.FollowAsync(account.Account.Now));
        Done(await account.RegisterAsync(slot: account.NewSlot()));
        var before = account.Account.Now.Manifest.Manifest.Version;
        var line = Fork(account, until: before + 1);
        var claim = TestHome.Claim(line.Account, 1, 2, KnownAccount.Then + 60);
        Done(await account.FollowAsync(line, claim, account.Fork(line, account.Code, Later), Later));
        Assert.NotNull((await RowAsync(account)).View!.Replaced);
        Assert.Empty(await ToldAsync(account.Server));
        // The control: the line that was left, which goes on without a restore.
        account.Account.Return(account.Account.History[2]);
        Conflicts(await ShowAsync(account, Fork(account, from: 2, until: before + 2), "follow"));
        Assert.Single(await ToldAsync(account.Server));
    }

    [Fact]
    public async Task What_takes_the_place_of_older_evidence_is_told_as_well()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        var first = KnownAccount.HeadOf(account.Account.Now);
        var (one, other) = (Fork(account), Fork(account));
        Conflicts(await account.FollowAsync(one, time: Later));
        account.Server.Time.Advance(Month);
        // The same is none that is newer.
        Conflicts(await account.FollowAsync(one, time: Later));
        Conflicts(await account.FollowAsync(other, time: Later + 1));
        Conflicts(await account.FollowAsync(other, time: Later + 1));
        Assert.Equal(
            [Commitment(first, one, Later), Commitment(first, other, Later + 1)],
            (await ToldAsync(account.Server)).Select(leaf => leaf.Commitment));
        await SoundAsync(account.Server);
    }

    [Theory]
    [MemberData(nameof(Fates))]
    public async Task At_each_step_it_is_told_once_where_it_is_kept(string way, StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        var seed = 4900 + 100 * Array.IndexOf(Ways, way) + 30 * (int)fate;
        await world.AtEachStepAsync(fate, 2, async round =>
        {
            var account = await RegisteredAsync(world.Server, ++seed);
            var first = KnownAccount.HeadOf(account.Account.Now);
            var fork = Fork(account);
            await round.DoAsync(() => ShowAsync(account, fork, way), async () =>
            {
                await world.Server.Service.Log!.PassAsync(default);
                Conflicts(await ShowAsync(account, fork, "follow"));
                await world.Server.Service.Log.PassAsync(default);
            });
            var isKept = (await RowAsync(account)).View!.Contradicting is not null;
            Assert.Equal(isKept ? 1 : 0, await CountAsync());
            Conflicts(await ShowAsync(account, fork, way));
            Assert.Equal(1, await CountAsync());
            Assert.Equal(0, await LogWorld.WaitingAsync(world.Server));
            await world.SoundAsync(orphans: true);

            // What was not decided yet is looked at again.
            async Task<int> CountAsync()
            {
                world.Server.Time.Advance(TimeSpan.FromHours(2));
                return (await ToldAsync(world.Server)).Count(leaf => leaf.Commitment == Commitment(first, fork));
            }
        });
    }

    [Theory]
    [MemberData(nameof(Fates))]
    public async Task At_each_step_with_an_erasure_meanwhile_it_is_told_where_it_came_before(string way, StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        var seed = 5300 + 100 * Array.IndexOf(Ways, way) + 30 * (int)fate;
        await world.AtEachStepAsync(fate, 2, async round =>
        {
            var account = await RegisteredAsync(world.Server, ++seed);
            var (first, fork, isKept) = (KnownAccount.HeadOf(account.Account.Now), Fork(account), false);
            await round.DoAsync(() => ShowAsync(account, fork, way), EraseAsync);
            await EraseAsync();
            Assert.IsType<Outcome<byte[]>.Failed>(await ShowAsync(account, fork, way));
            world.Server.Time.Advance(TimeSpan.FromHours(2));
            var told = (await ToldAsync(world.Server)).Count(leaf => leaf.Commitment == Commitment(first, fork));
            Assert.Equal(isKept ? 1 : 0, told);
            Assert.Equal(0, await LogWorld.WaitingAsync(world.Server));
            await world.SoundAsync(orphans: true);

            async Task EraseAsync()
            {
                isKept |= (await RowAsync(account)).View?.Contradicting is not null;
                await CloseAsync(account);
                Assert.Null((await RowAsync(account)).View);
            }
        });
    }

    [Trait("Store", "Files")]
    [Fact]
    public async Task Keys_of_yesterday_have_it_told_once_and_anew_where_they_have_forgotten_it()
    {
        var folder = Directory.CreateTempSubdirectory("keyrecovery-heads-").FullName;
        var (live, before, waiting) = (Path.Combine(folder, "a"), Path.Combine(folder, "b"), Path.Combine(folder, "c"));
        var (server, account) = await ReopenAsync(isNew: true);
        var fork = Fork(account);
        await server.CloseAsync();
        LogWorld.Copy(live, before);
        (server, account) = await ReopenAsync();
        Conflicts(await ShowAsync(account, fork, "follow"));
        await server.CloseAsync();
        LogWorld.Copy(live, waiting);
        (server, account) = await ReopenAsync();
        var leaf = Assert.Single(await ToldAsync(server));
        await server.CloseAsync();

        foreach (var (keys, told) in new[] { (waiting, 1), (before, 2) })
        {
            Directory.Delete(Path.Combine(live, "keys"), recursive: true);
            LogWorld.Copy(Path.Combine(keys, "keys"), Path.Combine(live, "keys"));
            (server, account) = await ReopenAsync();
            Conflicts(await ShowAsync(account, fork, "follow"));
            var leaves = await ToldAsync(server);
            Assert.Equal(told, leaves.Count);
            Assert.All(leaves, each => Assert.Equal(leaf.Commitment, each.Commitment));
            Assert.Equal(0, await LogWorld.WaitingAsync(server));
            await SoundAsync(server);
            await server.CloseAsync();
        }

        Directory.Delete(folder, recursive: true);

        async Task<(TestService, KnownAccount)> ReopenAsync(bool isNew = false)
        {
            var opened = await TestService.OpenAsync(live, SystemRandom.Instance);
            await opened.Service.Log!.OpenAsync(default);
            return (opened, isNew ? await RegisteredAsync(opened, 5700) : Same(opened));
        }

        static KnownAccount Same(TestService opened)
        {
            var same = KnownAccount.At(opened, 5700);
            same.Account.Commit(same.Phone, new AccountChange { Add = [same.Slot] });
            return same;
        }
    }

    private static async Task<KnownAccount> RegisteredAsync(TestService server, int seed)
    {
        var account = KnownAccount.At(server, seed);
        Done(await account.RegisterAsync());
        account.Account.Commit(account.Phone, new AccountChange { Add = [account.Slot] });
        Done(await account.FollowAsync(account.Account.Now));
        return account;
    }

    // Another history behind an earlier state, of a later version than the realm's.
    private static ServedVault Fork(KnownAccount account, int from = 1, ulong until = 4)
    {
        account.Account.Return(account.Account.History[from]);
        while (account.Account.Now.Manifest.Manifest.Version < until)
            account.Account.Commit(account.Phone, new AccountChange { Add = [account.NewDevice()] });
        return account.Account.Now;
    }

    private static Task<Outcome<byte[]>> ShowAsync(KnownAccount account, ServedVault fork, string way)
    {
        account.Account.Return(fork);
        return way switch
        {
            "follow" => account.FollowAsync(fork),
            "register" => account.RegisterAsync(slot: account.NewSlot()),
            _ => account.CommandAsync(RealmAction.Pause, account.Phone, 0),
        };
    }

    private static Hash256 Commitment(SignedHead first, ServedVault fork, ulong time = KnownAccount.Then) =>
        Hash256.Of([.. first.Bytes.Span, .. KnownAccount.HeadOf(fork, time).Bytes.Span]);

    private static async Task<List<AuditLeaf>> ToldAsync(TestService server)
    {
        await server.LogAsync();
        return [.. (await LogWorld.LeavesAsync(server))
            .Select(leaf => AuditLeaf.Decode(leaf)).Where(leaf => leaf.Event == AuditEvent.HeadsDiffer)];
    }

    private static async Task<RealmAccountRow> RowAsync(KnownAccount account)
    {
        using var lookups = new Lookups(account.Server.LookupKey, SystemRandom.Instance);
        return RealmAccountRow.Decode((await account.Server.Keys.ReadAsync(
            lookups.Ids.RealmAccount(account.Account.Now.Account), default))!);
    }

    private static async Task CloseAsync(KnownAccount account)
    {
        using var lookups = new Lookups(account.Server.LookupKey, SystemRandom.Instance);
        var subject = RowIds.RealmSubject(lookups.Ids.Subject(account.User));
        var writes = await RealmErasure.PlanAsync(
            account.Server.Keys, new RowKey(Table.KeyRows, new byte[32]), [subject], [], default);
        if (writes.Count > 0)
            Assert.IsType<WriteResult.Written>(await account.Server.Keys.WriteAsync(writes, default));
    }

    private static async Task SoundAsync(TestService server) =>
        Assert.Empty((await server.Service.Audit.RunAsync(default)).Damaged);

    private static void Done(Outcome<byte[]> told) => Assert.IsType<Outcome<byte[]>.Done>(told);

    private static void Conflicts(Outcome<byte[]> told)
    {
        var failure = Assert.IsType<Outcome<byte[]>.Failed>(told).Failure;
        Assert.Equal((ErrorCode.Conflict, "head"), (failure.Code, failure.Field));
    }
}
