using KeyRecovery.Client.Tests.Logs;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Watching;

/// <summary>
/// What another device does is told by the next look, with who and when; what happens while nobody watches, by the next
/// watch. The clock goes on when the test says so: a look is one pause of it, and no test waits for time to pass.
/// </summary>
public sealed class WatchTests(TrustingServerFixture fixture) : IClassFixture<TrustingServerFixture>, IDisposable
{
    private readonly RecoveryCode _code = RecoveryCode.Generate();
    private readonly WatchClock _clock = new();
    private readonly List<IDisposable> _things = [];
    private string _token = "";

    public void Dispose()
    {
        foreach (var thing in Enumerable.Reverse(_things)) thing.Dispose();
        _code.Dispose();
    }

    [Fact]
    public async Task Devices_and_slots_that_come_and_go_are_told_with_who_did_it()
    {
        var (vault, laptop) = await BeginAsync();
        var (watch, first) = await Watch.BeginAsync(vault, _clock);
        await using var _ = watch;
        Assert.Empty(first);
        Assert.Empty(await watch.NextAsync());

        using var code = RecoveryCode.Generate();
        TestDevice.Value(await laptop.AddCodeAsync(code));
        var added = Assert.IsType<AccountEvent.Added>(Assert.Single(await watch.NextAsync()));
        Assert.Equal((AuthorityKind.Code, "laptop"), (added.Who.Kind, added.By!.Name));
        Assert.InRange(added.At, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));

        using var tablet = await Device().RecoverAsync(_code, name: "tablet");
        var told = await watch.NextAsync();
        var recovered = Assert.Single(told.OfType<AccountEvent.CameBack>());
        Assert.Equal(("tablet", tablet.Device, AuthorityKind.Code),
            (recovered.Device.Name, recovered.Device.Id, recovered.By!.Kind));
        Assert.All(told.Where(e => e != recovered), e => Assert.IsType<AccountEvent.RecoveryTried>(e));

        TestDevice.Value(await laptop.RevokeAsync(new RevocationRequest([tablet.Device])));
        var removed = Assert.Single(await watch.NextAsync());
        Assert.Equal(("tablet", "laptop"), (Assert.IsType<AccountEvent.Removed>(removed).Who.Name, removed.By!.Name));
    }

    [Fact]
    public async Task A_device_that_another_one_links_is_told_with_the_one_that_let_it_in()
    {
        var (vault, laptop) = await BeginAsync();
        var (watch, _) = await Watch.BeginAsync(vault, _clock);
        await using var __ = watch;
        var digits = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var link = TestDevice.Value(await laptop.BeginLinkAsync());
        var letsIn = link.RunAsync(
            new LinkApproval
            {
                AskDigits = (_, ct) => digits.Task.WaitAsync(ct), Consent = (_, _) => Task.FromResult(true),
            },
            default);
        using var scanned = Assert.IsType<LinkCodeParse.Ok>(LinkCode.Parse(link.QrText)).Code;
        var tablet = TestDevice.Value(await Device().Client.LinkAsync(scanned, new LinkJoin
        {
            DeviceName = "tablet", Platform = "Linux", ShowDigits = (shown, _) => digits.TrySetResult(shown),
        }));
        Kept(tablet.Vault);
        tablet.Bundle.Dispose();
        TestDevice.Value(await letsIn);

        var added = Assert.IsType<AccountEvent.Added>(Assert.Single(await watch.NextAsync()));
        Assert.Equal(
            ("tablet", AuthorityKind.Device, "laptop"), (added.Who.Name, added.Who.Kind, added.By!.Name));
    }

    [Fact]
    public async Task A_copy_of_the_device_that_watches_is_told_once_in_each_watch_until_it_is_dismissed()
    {
        var (vault, __) = await BeginAsync();
        var (watch, first) = await Watch.BeginAsync(vault, _clock);
        Assert.Empty(first);
        var copy = Kept(new TestDevice(fixture.Server.Address) { IsCloned = true });
        using (var state = await _phone!.Store.LoadAsync(default)) await copy.Store.SaveAsync(state!, default);
        using (var copied = await copy.OpenAsync()) TestDevice.Value(await copied.PutAsync("a", "1"u8.ToArray()));

        Assert.Single((await watch.NextAsync()).OfType<AccountEvent.CloneSuspected>());
        Assert.Empty(await watch.NextAsync());
        await watch.DisposeAsync();
        (watch, first) = await Watch.BeginAsync(vault, _clock);
        Assert.Single(first.OfType<AccountEvent.CloneSuspected>());
        await watch.DisposeAsync();

        TestDevice.Value(await vault.DismissCloneAsync());
        (watch, first) = await Watch.BeginAsync(vault, _clock);
        await using var _ = watch;
        Assert.Empty(first);
    }

    [Fact]
    public async Task A_recovery_that_is_only_tried_is_told_too()
    {
        var (vault, laptop) = await BeginAsync();
        var (watch, _) = await Watch.BeginAsync(vault, _clock);
        await using var __ = watch;
        // The server tells one slot's tries once in ten minutes, and the laptop came in by the other code.
        using var code = RecoveryCode.Generate();
        TestDevice.Value(await laptop.AddCodeAsync(code));
        Assert.Single(await watch.NextAsync());
        using var drill = TestDevice.Value(await Device().Client.BeginRecoveryAsync(code));
        await LogWaits.ForAsync(laptop, AuditEvent.RecoveryTried);
        var tried = Assert.IsType<AccountEvent.RecoveryTried>(Assert.Single(await watch.NextAsync()));
        Assert.Equal((AuthorityKind.Code, true), (tried.By!.Kind, tried.Network.Length > 0));
    }

    [Fact]
    public async Task Items_are_told_where_another_device_changed_them_and_not_where_this_one_did()
    {
        var (vault, laptop) = await BeginAsync();
        var (watch, _) = await Watch.BeginAsync(vault, _clock);
        await using var __ = watch;
        TestDevice.Value(await vault.PutAsync("mine", "1"u8.ToArray()));
        Assert.Empty(await watch.NextAsync());
        TestDevice.Value(await laptop.RefreshAsync());
        TestDevice.Value(await laptop.EditAsync([
            new ItemEdit.Put("theirs", "1"u8.ToArray()), new ItemEdit.Remove("mine"),
        ]));
        var changed = Assert.IsType<AccountEvent.ItemsChanged>(Assert.Single(await watch.NextAsync()));
        Assert.Equal(["mine", "theirs"], changed.Names.Order());
        Assert.Equal("laptop", changed.By!.Name);

        var points = TestDevice.Value(await laptop.ListRestorePointsAsync());
        TestDevice.Value(await laptop.UndoAsync(new UndoRequest(points[0])));
        var undone = Assert.Single((await watch.NextAsync()).OfType<AccountEvent.WentBack>());
        Assert.Equal("laptop", undone.By!.Name);
    }

    [Fact]
    public async Task An_erasure_is_told_with_who_asked_when_it_is_cancelled_and_by_every_watch_that_begins_meanwhile()
    {
        var (vault, laptop) = await BeginAsync();
        var (watch, _) = await Watch.BeginAsync(vault, _clock);
        TestDevice.Value(await laptop.RequestErasureAsync());
        await LogWaits.ForAsync(laptop, AuditEvent.ErasureRequested);
        AssertHeld(await watch.NextAsync());
        Assert.Empty(await watch.NextAsync());
        await watch.DisposeAsync();

        (watch, var first) = await Watch.BeginAsync(vault, _clock);
        await using var _ = watch;
        AssertHeld(first);
        TestDevice.Value(await laptop.CancelErasureAsync());
        await LogWaits.ForAsync(laptop, AuditEvent.ErasureCancelled);
        var cancelled = Assert.IsType<AccountEvent.ErasureCancelled>(Assert.Single(await watch.NextAsync()));
        Assert.Equal("laptop", cancelled.By!.Name);
        // Once more: it is another one.
        TestDevice.Value(await laptop.RequestErasureAsync());
        await LogWaits.ForAsync(laptop, AuditEvent.ErasureRequested);
        AssertHeld(await watch.NextAsync());

        static void AssertHeld(List<AccountEvent> told)
        {
            var held = Assert.IsType<AccountEvent.ErasureHeld>(Assert.Single(told));
            Assert.Equal("laptop", held.By!.Name);
            Assert.InRange(held.DueIn!.Value, TimeSpan.FromHours(71), TimeSpan.FromHours(72));
        }
    }

    [Fact]
    public async Task Guesses_are_told_when_the_realm_is_asked_which_is_once_an_hour()
    {
        var (vault, _) = await BeginAsync();
        using var right = ((PassphraseParse.Ok)Passphrase.Parse("correct horse battery staple")).Passphrase;
        using var wrong = ((PassphraseParse.Ok)Passphrase.Parse("a stranger's own idea of it")).Passphrase;
        TestDevice.Value(await vault.Passphrase.SetAsync(right, new SetPassphraseOptions { Token = _token }));
        var (watch, first) = await Watch.BeginAsync(vault, _clock);
        await using var __ = watch;
        Assert.Empty(first);

        Assert.IsType<ClientFailure.WrongPassphrase>(TestDevice.Failure(
            await Device().Client.BeginPassphraseRecoveryAsync(wrong, _token)));
        var before = Requests("/v1/realm");
        Assert.Empty(await watch.NextAsync());
        Assert.Equal(before, Requests("/v1/realm"));
        var guess = Assert.IsType<AccountEvent.AtRealm>(Assert.Single(
            await watch.NextAsync(TimeSpan.FromHours(1)), e => e is not AccountEvent.RecoveryTried));
        Assert.Equal((RealmEventKind.Attempt, RealmLimits.Guesses - 1), (guess.What, guess.GuessesLeft));
        Assert.Empty(await watch.NextAsync(TimeSpan.FromHours(1)));

        int Requests(string path) =>
            System.Text.Encoding.UTF8.GetString(_phone!.Relay.Recorded.ToArray()).Split(path).Length;
    }

    [Fact]
    public async Task A_watcher_that_sleeps_and_wakes_misses_nothing_and_is_told_nothing_twice()
    {
        var (vault, laptop) = await BeginAsync();
        var (watch, _) = await Watch.BeginAsync(vault, _clock);
        TestDevice.Value(await laptop.PutAsync("before", "1"u8.ToArray()));
        Assert.Single(await watch.NextAsync());
        await watch.DisposeAsync();
        vault.Dispose();

        // Nobody watches. The device opens the account meanwhile, and takes in what the others did.
        using var tablet = await Device().RecoverAsync(_code, name: "tablet");
        using (await _phone!.OpenAsync()) { }
        TestDevice.Value(await laptop.PutAsync("asleep", "1"u8.ToArray()));
        TestDevice.Value(await laptop.RequestErasureAsync());
        await LogWaits.ForAsync(laptop, AuditEvent.ErasureRequested);
        for (var i = 0; i < 12; i++) TestDevice.Value(await laptop.PutAsync("asleep", new byte[i]));

        using var later = await _phone.OpenAsync();
        (watch, var told) = await Watch.BeginAsync(later, _clock);
        await using var __ = watch;
        Assert.Equal("tablet", Assert.Single(told.OfType<AccountEvent.CameBack>()).Device.Name);
        Assert.Equal("laptop", Assert.Single(told.OfType<AccountEvent.ErasureHeld>()).By!.Name);
        Assert.Equal("asleep", Assert.Single(Assert.Single(told.OfType<AccountEvent.ItemsChanged>()).Names));
        Assert.Empty(await watch.NextAsync());
    }

    [Fact]
    public async Task What_an_app_was_not_done_with_when_it_was_killed_is_told_again()
    {
        var (vault, laptop) = await BeginAsync();
        var (watch, _) = await Watch.BeginAsync(vault, _clock);
        using var code = RecoveryCode.Generate();
        TestDevice.Value(await laptop.AddCodeAsync(code));
        await watch.KillAtAsync(told => told is AccountEvent.Added);
        await watch.DisposeAsync();
        vault.Dispose();

        using var later = await _phone!.OpenAsync();
        (watch, var told) = await Watch.BeginAsync(later, _clock);
        await using var __ = watch;
        Assert.IsType<AccountEvent.Added>(Assert.Single(told));
    }

    [Fact]
    public async Task Without_a_network_the_watch_says_so_once_and_goes_on_and_it_ends_with_the_device()
    {
        var (vault, laptop) = await BeginAsync();
        var (watch, _) = await Watch.BeginAsync(vault, _clock);
        await using var __ = watch;
        _phone!.Relay.OnRequest = (_, _) => throw new HttpRequestException("away");
        TestDevice.Value(await laptop.PutAsync("a", "1"u8.ToArray()));
        Assert.IsType<ClientFailure.Transient>(
            Assert.IsType<AccountEvent.Failed>(Assert.Single(await watch.NextAsync())).Why);
        Assert.Empty(await watch.NextAsync());
        _phone.Relay.OnRequest = null;
        Assert.Equal(
            [typeof(AccountEvent.ItemsChanged), typeof(AccountEvent.Reached)],
            (await watch.NextAsync()).Select(e => e.GetType()));

        TestDevice.Value(await laptop.RevokeAsync(new RevocationRequest([vault.Device])));
        Assert.IsType<ClientFailure.Revoked>(
            Assert.IsType<AccountEvent.Ended>(Assert.Single(await watch.NextAsync())).Why);
        await watch.Ended;
    }

    [Fact]
    public async Task A_session_without_a_watcher_has_no_timer_and_one_whose_watch_ended_has_none_left()
    {
        var (vault, _) = await BeginAsync();
        TestDevice.Value(await vault.PutAsync("a", "1"u8.ToArray()));
        TestDevice.Value(await vault.GetAsync("a"));
        TestDevice.Value(await vault.RefreshAsync());
        Assert.Equal(0, _clock.Timers);
        var (watch, _) = await Watch.BeginAsync(vault, _clock);
        Assert.Equal(1, _clock.Timers);
        await watch.DisposeAsync();
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, _clock.Timers);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => vault.WatchAsync(new WatchOptions { Poll = TimeSpan.FromMilliseconds(10) }));
    }

    private TestDevice? _phone;

    // A phone that watches, with the clock of the test, and a laptop; both are trusted.
    private async Task<(VaultSession Vault, VaultSession Laptop)> BeginAsync()
    {
        _token = await fixture.Server.TokenAsync(Canary.NewText());
        _phone = Kept(new TestDevice(
            fixture.Server.Address, adjust: options => options with { Time = _clock, Attempts = 1 }));
        var vault = Kept(await _phone.CreateAsync(_token, _code));
        var laptop = Kept(await Device().RecoverAsync(_code, name: "laptop"));
        TestDevice.Value(await vault.RefreshAsync());
        return (vault, laptop);
    }

    private TestDevice Device() => Kept(new TestDevice(fixture.Server.Address));

    private T Kept<T>(T thing)
        where T : IDisposable
    {
        _things.Add(thing);
        return thing;
    }
}
