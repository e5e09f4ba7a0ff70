using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Linking;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Linking;

/// <summary>
/// Two instances over one store: each device comes to whichever it likes, and one may die, lose an answer or stand
/// still at any step of any call.
/// </summary>
public sealed class SharedRelayTests : IAsyncLifetime
{
    private static readonly Table[] Tables =
        [Table.LinkSessions, Table.LinkMessages, Table.LinkNames, Table.LinkPlaces];

    // The calls of a session in their order, and what a repeated one may say beside that it was done.
    private static readonly (Func<RelayPair, object> Do, ErrorCode? OrElse)[] Calls =
    [
        (pair => pair.Open(), null),
        (pair => pair.Claim(network: "203.0.113.0/24"), null),
        (pair => pair.Put(LinkSide.New, 0, [1, 2, 3]), null),
        (pair => pair.Put(LinkSide.Existing, 0, [4, 5]), null),
        (pair => pair.Put(LinkSide.New, 1, [6]), null),
        (pair => pair.End(LinkSide.Existing), ErrorCode.NotFound),
    ];

    private TestService _server = null!;
    private StepwiseDataStore _store = null!;

    private ILinkRelay One => _server.Service.Links;

    private ILinkRelay Two => _server.Other.Links;

    public async Task InitializeAsync() => _server = await TestService.OpenAsync(
        Directory.CreateTempSubdirectory("keyrecovery-relay-").FullName, SystemRandom.Instance,
        betweenData: store => _store = new StepwiseDataStore(store), sharesLinks: true);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Each_device_comes_to_an_instance_of_its_own_and_who_waits_there_finds_the_message_by_looking()
    {
        var existing = new RelayPair(One, nameplate: "2B3C");
        var device = existing.On(Two);
        Relayed.Is(LinkRelayLimits.UnclaimedLife, existing.Open());
        Relayed.Done(RelayPair.Now(Two.ReadNameplateAsync("2B3C", default)));
        Relayed.Is(LinkRelayLimits.ClaimedLife, device.Claim(network: "203.0.113.0/24"));
        Relayed.Fails(ErrorCode.NotFound, RelayPair.Now(One.ReadNameplateAsync("2B3C", default)));
        // However long it has waited: it looks more and more seldom, and never stops.
        foreach (var (number, waited) in new[] { (0, 0), (1, 3_000), (2, 12_000) })
        {
            var waiting = existing.GetAsync(LinkSide.New, number, 25_000);
            for (var passed = 0; passed < waited; passed += 100) await AdvanceAsync(100);
            Assert.False(waiting.IsCompleted);
            Relayed.Is(LinkReceipt.Done, device.Put(LinkSide.New, number, [(byte)number]));
            while (!waiting.IsCompleted) await AdvanceAsync(10);
            Relayed.Message([(byte)number], await waiting);
        }

        var told = existing.GetAsync(LinkSide.New, 3, 25_000);
        Relayed.Is(LinkReceipt.Done, device.End(LinkSide.New));
        while (!told.IsCompleted) await AdvanceAsync(10);
        Relayed.Fails(ErrorCode.NotFound, await told);
        Assert.Equal(0, await _server.CountAsync(Tables));
    }

    [Theory]
    [InlineData(StepFate.Cut)]
    [InlineData(StepFate.AnswerLost)]
    public async Task No_session_is_lost_with_the_instance_that_its_step_came_to(StepFate fate)
    {
        var struck = 0;
        for (var call = 0; call < Calls.Length; call++)
        {
            for (var at = 1; ; at++)
            {
                var pair = new RelayPair(One, nameplate: "2B3C");
                for (var before = 0; before < call; before++) Call(before, before % 2 == 0 ? pair : pair.On(Two));
                var script = StepScript.Of(fate, at);
                await StrikeAsync(script, () => Calls[call].Do(pair));
                for (var again = call; again < Calls.Length; again++) Call(again, pair.On(Two), again == call);
                Relayed.Fails(ErrorCode.NotFound, pair.Put(LinkSide.New, 2, [1]));
                if (script.HasStruck) struck++;
                await ForgottenAsync();
                if (!script.HasStruck) break;
            }
        }

        // Opening has three steps, a claim two, a message one, the end its row, messages and place.
        Assert.True(struck >= 9, $"{struck} steps");
    }

    [Fact]
    public async Task An_instance_that_stood_still_brings_nothing_back_of_a_session_that_ended_meanwhile()
    {
        var struck = 0;
        for (var call = 0; call < Calls.Length; call++)
        {
            for (var at = 1; ; at++)
            {
                var pair = new RelayPair(One, nameplate: "2B3C");
                for (var before = 0; before < call; before++) Call(before, pair);
                var script = StepScript.Of(StepFate.Frozen, at);
                var frozen = Task.Run(() => StrikeAsync(script, () => Calls[call].Do(pair)));
                await Task.WhenAny(frozen, script.Frozen.Task).WaitAsync(TimeSpan.FromMinutes(1));
                for (var again = call; again < Calls.Length; again++) Call(again, pair.On(Two), again == call);
                script.Thaw();
                await frozen.WaitAsync(TimeSpan.FromMinutes(1));
                // The opening alone may come to pass a second time: nobody else knows the session then.
                if (call > 0) Relayed.Fails(ErrorCode.NotFound, pair.Put(LinkSide.Existing, 0, [1]));
                if (call > 0) Assert.Equal(0, await _server.CountAsync(Table.LinkSessions, Table.LinkMessages));
                if (script.HasStruck) struck++;
                await ForgottenAsync();
                if (!script.HasStruck) break;
            }
        }

        Assert.True(struck >= 9, $"{struck} steps");
    }

    [Fact]
    public async Task Two_who_claim_at_once_contest_and_neither_goes_on()
    {
        for (var round = 0; round < 20; round++)
        {
            var pair = new RelayPair(One);
            Relayed.Done(pair.Open());
            var thief = RelayPair.Random();
            var claims = await Task.WhenAll(
                Task.Run(() => pair.Claim()), Task.Run(() => pair.On(Two).Claim(bearer: thief)));
            Assert.Contains(claims, c => c is Outcome<TimeSpan>.Failed { Failure.Code: ErrorCode.LinkContested });
            Relayed.Fails(ErrorCode.LinkContested, pair.On(Two).Put(LinkSide.Existing, 0, [1]));
            Assert.IsType<Outcome<LinkReceipt>.Failed>(pair.Put(LinkSide.New, 0, [1]));
            Assert.IsType<Outcome<LinkReceipt>.Failed>(pair.Put(LinkSide.New, 0, [1], thief));
        }

        await ForgottenAsync();
    }

    [Fact]
    public async Task Of_two_messages_at_one_place_one_is_taken_and_the_other_is_a_conflict()
    {
        for (var round = 0; round < 20; round++)
        {
            var pair = new RelayPair(One).Claimed();
            var puts = await Task.WhenAll(
                Task.Run(() => pair.Put(LinkSide.New, 0, [1])), Task.Run(() => pair.On(Two).Put(LinkSide.New, 0, [2])),
                Task.Run(() => pair.On(Two).Put(LinkSide.New, 0, [1])));
            Assert.Single(puts, p => p is Outcome<LinkReceipt>.Done(LinkReceipt.Done));
            var taken = puts[1] is Outcome<LinkReceipt>.Done ? (byte)2 : (byte)1;
            Relayed.Message([taken], await pair.GetAsync(LinkSide.New, 0));
            Relayed.Done(pair.End(LinkSide.New));
        }

        await ForgottenAsync();
    }

    [Fact]
    public async Task An_account_has_four_sessions_and_a_nameplate_one_however_many_instances_are_asked_at_once()
    {
        var account = new AccountId(new byte[16]);
        var openings = await Task.WhenAll(Enumerable.Range(0, 12).Select(
            i => Task.Run(() => new RelayPair(i % 2 == 0 ? One : Two, account).Open())));
        Assert.Equal(4, openings.Count(o => o is Outcome<TimeSpan>.Done));
        Assert.Equal(4, await _server.CountAsync(Table.LinkSessions));

        var named = await Task.WhenAll(Enumerable.Range(0, 12).Select(
            i => Task.Run(() => new RelayPair(i % 2 == 0 ? One : Two, nameplate: "2B3C").Open())));
        Assert.Single(named, o => o is Outcome<TimeSpan>.Done);
        await ForgottenAsync();
    }

    [Fact]
    public async Task Nothing_of_an_erased_account_stays_and_an_opening_that_stood_still_brings_nothing()
    {
        _server.ErasureHold = TimeSpan.Zero;
        for (var at = 1; ; at++)
        {
            var (account, phone, _) = await _server.NewAccountAsync(new TestRandom(at), $"user {at}");
            var id = account.Now.Account;
            var pair = new RelayPair(One, id, "2B3C") { Authority = phone.Id }.Claimed();
            Relayed.Done(pair.Put(LinkSide.New, 0, [1]));
            var script = StepScript.Of(StepFate.Frozen, at);
            var late = new RelayPair(Two, id, "XXXX") { Authority = phone.Id };
            var frozen = Task.Run(() => StrikeAsync(script, () => late.Open()));
            await Task.WhenAny(frozen, script.Frozen.Task).WaitAsync(TimeSpan.FromMinutes(1));

            await _server.RequestErasureAsync(account, phone);
            await _server.Service.Erasures.ResumeAsync(default);
            Assert.Equal(ErrorCode.Erased, (await _server.RefusedAsync(account, phone)).Code);
            Relayed.Fails(ErrorCode.NotFound, pair.Put(LinkSide.New, 1, [1]));
            script.Thaw();
            await frozen.WaitAsync(TimeSpan.FromMinutes(1));
            Assert.Equal(0, await _server.CountAsync(Table.LinkSessions, Table.LinkMessages, Table.LinkPlaces));
            if (!script.HasStruck) break;
        }
    }

    [Fact]
    public async Task Who_has_the_rows_has_no_token_no_account_no_network_no_envelope_and_no_name()
    {
        var pair = new RelayPair(One, nameplate: "2B3C");
        pair.Open();
        var opened = await RowsAsync();
        pair.Claim(network: "203.0.113.0/24");
        pair.Put(LinkSide.New, 0, [.. "a message that is sealed anyway"u8]);
        byte[] rows = [.. opened, .. await RowsAsync()];
        Assert.True(rows.Length > 500);
        foreach (var secret in new[]
        {
            pair.Token, pair.Existing, pair.New, pair.Envelope, pair.Account.ToArray(), pair.Authority.ToArray(),
            Hash256.Of(pair.Token).ToArray(), Hash256.Of(pair.New).ToArray(), pair.Id.ToArray(),
            "203.0.113"u8.ToArray(), "2B3C"u8.ToArray(), "a message"u8.ToArray(),
        })
            Assert.Equal(-1, rows.AsSpan().IndexOf(secret));
    }

    [Fact]
    public async Task A_row_that_nobody_can_open_is_swept_and_in_nobodys_way()
    {
        var pair = new RelayPair(One).Claimed();
        await foreach (var row in _server.Data.ScanAsync(Table.LinkSessions, default))
            await _server.Data.WriteAsync([new RowWrite.Replace(row, new byte[] { 1, 2, 3 })], default);
        await ((StoreLinkRelay)Two).SweepAsync(default);
        Relayed.Fails(ErrorCode.NotFound, pair.Put(LinkSide.New, 0, [1]));
        Relayed.Is(LinkRelayLimits.UnclaimedLife, pair.Open());
    }

    private static void Call(int number, RelayPair pair, bool isRepeated = false)
    {
        var (act, orElse) = Calls[number];
        var outcome = act(pair);
        if (outcome is Outcome<TimeSpan>.Done or Outcome<LinkReceipt>.Done) return;
        var failure = Assert.IsType<Outcome<LinkReceipt>.Failed>(outcome).Failure;
        Assert.True(isRepeated && failure.Code == orElse, $"call {number}: {failure.Code}");
    }

    // What befalls the instance while it does something.
    private async Task StrikeAsync(StepScript script, Action act)
    {
        await Task.Yield();
        _store.Script = script;
        try
        {
            act();
        }
        catch (Exception e) when (e is ProcessDiedException or StoreUnavailableException)
        {
            // The device asks again, at another instance.
        }
    }

    private async Task ForgottenAsync()
    {
        _server.Time.Advance(TimeSpan.FromMinutes(8));
        await ((StoreLinkRelay)Two).SweepAsync(default);
        Assert.Equal(0, await _server.CountAsync(Tables));
    }

    private async Task AdvanceAsync(int milliseconds)
    {
        _server.Time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        // Who was woken looks, and begins its next pause.
        await Task.Delay(TimeSpan.FromMilliseconds(2));
    }

    private async Task<byte[]> RowsAsync()
    {
        var all = new List<byte>();
        foreach (var table in Tables)
        {
            await foreach (var row in _server.Data.ScanAsync(table, default))
            {
                all.AddRange(row.Key.Id.Span);
                all.AddRange(row.Value.Span);
            }
        }

        return [.. all];
    }
}
