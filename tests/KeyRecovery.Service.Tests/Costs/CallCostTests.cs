using System.Globalization;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Export;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Tests.Feed;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;
using MoveLine = KeyRecovery.Service.UseCases.MoveLine;
using MoveLineResult = KeyRecovery.Service.UseCases.MoveLineResult;

namespace KeyRecovery.Service.Tests.Costs;

/// <summary>
/// What each call costs on Azure Cosmos DB, counted from what it asks of the stores and the sizes of that: held to the
/// table of docs/operations.md, so that a call which begins to cost more is noticed.
/// </summary>
public sealed class CallCostTests : IAsyncLifetime
{
    private const int ItemBytes = 8192;

    // As many changes of one item, each in the place of the one before, as an account has that has been used for long.
    private const int Changes = 60;

    private readonly List<StoreCall> _calls = [];
    private readonly TestRandom _random = new(11);
    private readonly List<Cost> _costs = [];
    private TestService _server = null!;

    public async Task InitializeAsync() => _server = await TestService.OpenAsync(
        Directory.CreateTempSubdirectory("keyrecovery-costs-").FullName, _random,
        between: keys => new MeteredKeyStore(keys, _calls), betweenData: data => new MeteredDataStore(data, _calls));

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task The_page_tells_what_each_call_costs_and_none_costs_more_than_its_goal()
    {
        await _server.Service.Log!.OpenAsync(default);
        var (phone, code) = (TestAuthority.Device(_random), TestAuthority.Code(_random));
        var account = TestAccount.Begin(_random, phone, [code]);
        await TellAsync("creation: a device and a code", () => _server.CreateAsync(account).AsTask());
        var put = await UseAsync(account, phone);
        await ReadAsync(account, phone);
        await RecoverAsync(account, code);
        await GuessAsync(account, phone);
        await RotateAsync();
        await OperateAsync(account);
        await EraseAsync(account, phone);
        await MoveAsync();
        await ReadFeedAsync();
        Add("…with its share of the log, 16 changes a batch", put, Named("the log, for each change, 16 a batch"));
        Add("…with the log, alone", put, Named("the log, for one change alone"));

        var page = await CostPage.ReadAsync();

        Assert.True(
            page.Select(row => row.Line).SequenceEqual(_costs.Select(cost => cost.Line)),
            $"docs/operations.md should tell:\n{string.Join('\n', _costs.Select(cost => cost.Line))}");
        Assert.All(page.Where(row => row.Goal is not null), row => Assert.InRange(row.Units, 0, row.Goal!.Value));
        Assert.True(page.Count(row => row.Goal is not null) >= 5);
    }

    [Fact]
    public void What_Microsoft_publishes_comes_out()
    {
        // A value of which the document has 1 KiB, 100 KiB and so on, once what stands beside it is taken away.
        static StoreCall Call(StoreCallKind kind, double kib) =>
            new(kind, Service.Stores.Table.Accounts, 0, (long)(((kib * 1024) - 300) * 3 / 4));

        Assert.Equal(2 * 1.0, RequestUnits.Of(Call(StoreCallKind.Read, 1)), 0.01);
        Assert.Equal(2 * 9.95, RequestUnits.Of(Call(StoreCallKind.Read, 128)), 0.01);
        Assert.Equal(4.95, RequestUnits.Of(Call(StoreCallKind.Write, 1)), 0.01);
        Assert.Equal(7.04, RequestUnits.Of(Call(StoreCallKind.Delete, 8)), 0.01);
        Assert.Equal(625, RequestUnits.Of(Call(StoreCallKind.Write, 1024)), 0.1);
        Assert.InRange(RequestUnits.Of(Call(StoreCallKind.Write, 12)), 7.05, 9.51);
    }

    private async Task<Cost> UseAsync(TestAccount account, TestAuthority phone)
    {
        var item = new ItemId(_random.Bytes(16));
        for (var i = 1; i < Changes; i++)
        {
            await _server.CommitAsync(account, phone, Change(account, phone, item));
            if (i % 16 == 0) await _server.Service.Log!.PassAsync(default);
        }

        await _server.Service.Log!.PassAsync(default);
        var commit = Change(account, phone, item);
        var put = await TellAsync(
            "commit: one item of 8 KiB in the place of another", () => _server.CommitAsync(account, phone, commit));
        await TellAsync("the log, for one change alone", () => _server.Service.Log.PassAsync(default));
        for (var i = 0; i < 16; i++) await _server.CommitAsync(account, phone, Change(account, phone, item));
        await TellAsync("the log, for each change, 16 a batch", () => _server.Service.Log.PassAsync(default), 16);
        await TellAsync("the log, where nothing is new", () => _server.Service.Log.PassAsync(default));
        return put;
    }

    private async Task ReadAsync(TestAccount account, TestAuthority phone)
    {
        var item = account.Now.Manifest.Manifest.Items[0];
        await OpenedAsync("vault, unchanged", account, phone, open =>
            _server.Service.Erasures.DueInAsync(open, default).AsTask());
        await OpenedAsync("vault", account, phone, async open =>
        {
            await _server.Service.Vaults.ReadAsync(open, null, null, default);
            await _server.Service.Erasures.DueInAsync(open, default);
        });
        await OpenedAsync("an item of 8 KiB", account, phone, open =>
            _server.Service.Vaults.FindItemAsync(open, item.Hash, default).AsTask());
        await OpenedAsync("versions of an item", account, phone, async open =>
            await _server.Service.Vaults.ReadVersionsAsync(open, item.Id, default));
        await OpenedAsync("activity, 20 entries with their places in the log", account, phone, open =>
            _server.Service.Activity.ReadAsync(open, null, 20, 0, default).AsTask());
        await OpenedAsync("export, after 60 changes", account, phone, ExportAsync);
    }

    private async Task ExportAsync(OpenAccount open)
    {
        var begun = await _server.Service.Exports.ForDeviceAsync(open, default);
        await foreach (var _ in ((Outcome<IAsyncEnumerable<ExportPart>>.Done)begun).Value) { }
    }

    private async Task RecoverAsync(TestAccount account, TestAuthority code)
    {
        await OpenedAsync("recovery: the vault, by a code", account, code, async open =>
        {
            await _server.Service.Tries.TellAsync(open, default);
            await _server.Service.Vaults.ReadAsync(open, null, null, default);
        });
        var adds = account.Commit(code, new AccountChange { Add = [TestAuthority.Device(_random)] });
        await TellAsync("commit: a code adds a device", () => _server.CommitAsync(account, code, adds));
    }

    private async Task GuessAsync(TestAccount account, TestAuthority phone)
    {
        using var slot = TestAuthority.Device(_random);
        using var shares = OprfKeyShares.Split(1, 1, _random);
        var (realm, user) = (_server.Service.Realm, new AppUser(account.AppId, "issuer", "user"));
        var register = RealmRegister.Seal(
            realm.Identity, slot.Id, slot.Signing.PublicKey, shares.Shares[0], TestHome.Sign(account.Now.Manifest),
            [.. account.Now.Links.Select(link => link.Bytes)], phone.Id, phone.Signing, _random);
        await TellAsync("realm: a share is registered", () =>
            realm.RegisterAsync(user, RealmRegister.Decode(register), Hash256.Of(register), default).AsTask());
        var attempt = AttemptId.Draw(_random);
        using var request = OprfRequest.Blind([1, 2, 3], _random);
        var guess = new RealmEvaluate(slot.Id, attempt, request.Blinded);
        var body = guess.Encode();
        byte[] answer = [];
        await TellAsync("realm: a guess", async () => answer = Assert.IsType<Outcome<byte[]>.Done>(
            await realm.EvaluateAsync(user, guess, Hash256.Of(body), default)).Value);
        var (status, _) = RealmStatus.Read(answer, realm.Identity, slot.Id, body);
        var reset = RealmReset.Sign(realm.Identity.Fingerprint, slot.Id, attempt, status!.Round, slot.Signing);
        await TellAsync("realm: the guess is given back", () =>
            realm.ResetAsync(RealmReset.Decode(reset), default, default).AsTask());
    }

    private async Task RotateAsync()
    {
        const int Accounts = 20;
        for (var i = 0; i < Accounts; i++) await _server.NewAccountAsync(_random, $"other {i}");
        await _server.Service.Log!.PassAsync(default);
        await TellAsync("rotation, for each of 20 accounts", () =>
            _server.Service.Rotation.RunAsync(begin: true, null, default), Accounts);
    }

    private async Task OperateAsync(TestAccount account)
    {
        var (desk, id, app) = (_server.Service.Desk, account.Now.Account, account.AppId);
        await TellAsync("an operator reads how an account stands", () => desk.ReadAsync(app, id, default).AsTask());
        await TellAsync("an operator turns a page of 20 accounts, each", () =>
            desk.PageAsync(app, null, 20, default).AsTask(), 20);
        await TellAsync("an operator suspends an account", () => desk.SuspendAsync(app, id, default).AsTask());
        await TellAsync("an operator reads how a suspended account stands", () =>
            desk.ReadAsync(app, id, default).AsTask());
        await desk.ResumeAsync(app, id, default);
        await TellAsync("an operator puts an account under a legal hold", () =>
            desk.HoldAsync(app, id, "why", "case", "https://officers.example", default).AsTask());
        await desk.ReleaseAsync(app, id, "case", "https://officers.example", default);
        await _server.LogAsync();
        await _server.Service.Restraints.ResumeAsync(default);
        await _server.LogAsync();
    }

    private async Task ReadFeedAsync()
    {
        const int Events = 20;
        await _server.LogAsync();
        var (feed, app) = (_server.Service.Feed, TestAccount.DefaultApp);
        await TellAsync("a back end reads a page of 20 events, each", async () =>
            Assert.Equal(Events, (await feed.ReadAsync(app, default, Events, default)).Events.Length), Events);
        var (_, end) = await _server.Service.ReadAllAsync(limit: 100);
        await TellAsync("a back end reads its feed, where nothing is new", () =>
            feed.ReadAsync(app, end, Events, default).AsTask());
    }

    private async Task MoveAsync()
    {
        const int Lines = 20;
        var moves = Enumerable.Range(0, Lines)
            .Select(i => new MoveLine(User($"other {i}"), User($"moved {i}"))).ToList();
        foreach (var (isDry, what, result) in new[]
        {
            (true, "a dry run of 20 moves, each", MoveLineResult.Moved),
            (false, "an operator moves 20 accounts, each", MoveLineResult.Moved),
            (false, "…the same again, each", MoveLineResult.Same),
        })
            await TellAsync(
                what, async () => Assert.All(
                    await _server.Service.BulkMoves.RunAsync(moves, isDry, default),
                    one => Assert.Equal(result, one)),
                Lines);

        static AppUser User(string subject) => new(TestAccount.DefaultApp, "issuer", subject);
    }

    private async Task EraseAsync(TestAccount account, TestAuthority phone)
    {
        _server.Time.Advance(TimeSpan.FromDays(4));
        await OpenedAsync("vault, unchanged, the first of a day", account, phone, open =>
            _server.Service.Erasures.DueInAsync(open, default).AsTask());
        await TellAsync("erasure: a device asks, and it is held", () => _server.RequestErasureAsync(account, phone));
        await OpenedAsync("vault, unchanged, while an erasure is held", account, phone, open =>
            _server.Service.Erasures.DueInAsync(open, default).AsTask());
        _server.Time.Advance(TimeSpan.FromDays(4));
        await TellAsync("erasure: done, to its first receipt and its leaves", async () =>
        {
            for (var pass = 0; pass < 4; pass++) await _server.LogAsync();
        });
    }

    private CommitBundle Change(TestAccount account, TestAuthority phone, ItemId item) =>
        account.Commit(phone, new AccountChange { Put = [(item, _random.Bytes(ItemBytes))] });

    private Task<Cost> OpenedAsync(string what, TestAccount account, TestAuthority who, Func<OpenAccount, Task> use) =>
        TellAsync(what, async () =>
        {
            using var open = await _server.PassAsync(account, who);
            await use(open);
        });

    private async Task<Cost> TellAsync(string what, Func<Task> call, int shared = 1)
    {
        _calls.Clear();
        await call();
        var cost = new Cost(
            what, Math.Ceiling(_calls.Sum(RequestUnits.Of) / shared), (int)Math.Ceiling(_calls.Count / (double)shared));
        _costs.Add(cost);
        return cost;
    }

    private void Add(string what, Cost one, Cost other) =>
        _costs.Insert(
            _costs.IndexOf(one) + 1, new Cost(what, one.Units + other.Units, one.Trips + other.Trips));

    private Cost Named(string what) => _costs.Single(cost => cost.What == what);

    private sealed record Cost(string What, double Units, int Trips)
    {
        public string Line => string.Create(CultureInfo.InvariantCulture, $"| {What} | {Units} | {Trips} |");
    }
}
