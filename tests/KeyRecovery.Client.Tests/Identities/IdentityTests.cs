using System.Text;
using KeyRecovery.Client.Tests.Devices;
using KeyRecovery.Protocol.Identities;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Identities;

/// <summary>
/// The account's own keys (docs/protocol.md §19): the same on all its devices, made anew where strangers held them, and
/// never the old ones again.
/// </summary>
public sealed class IdentityTests(TrustingServerFixture fixture) : IClassFixture<TrustingServerFixture>, IDisposable
{
    private const string Purpose = "test.example/v1/message";

    private readonly StolenWorld _world = new(fixture.Server.Address);
    private readonly TestDevice _friend = new(fixture.Server.Address);
    private readonly TestDevice _new = new(fixture.Server.Address);

    public void Dispose()
    {
        _world.Dispose();
        _friend.Dispose();
        _new.Dispose();
    }

    [Fact]
    public async Task The_number_is_the_same_on_both_sides_and_another_after_stolen_alone()
    {
        var commits = 0;
        _world.PhoneDevice.Relay.BeforeAsync = sent =>
        {
            if (sent.RequestUri!.AbsolutePath == "/v1/commits") commits++;
            return Task.CompletedTask;
        };
        await BeginAsync();
        using var friend = await FriendAsync();
        using var theirs = await OpenAsync(friend);
        var first = await NumberAsync(_world.Phone, theirs);
        // The first device made them with the account: nobody has committed since.
        Assert.Equal(0, commits);
        using (var mine = await OpenAsync(_world.Phone))
            Assert.Equal(first, theirs.SafetyNumberWith(mine.Statement).Digits);
        Assert.Equal(first, await NumberAsync(_world.Laptop, theirs));

        var tablet = await _world.RecoverAsync(_world.Code, "tablet");
        Assert.Equal(first, await NumberAsync(tablet, theirs));
        TestDevice.Value(await _world.Phone.RevokeAsync(new([tablet.Device])));
        Assert.Equal(first, await NumberAsync(_world.Phone, theirs));

        TestDevice.Value(await _world.Phone.RevokeAsync(new([_world.Laptop.Device]) { Stolen = true }));
        var second = await NumberAsync(_world.Phone, theirs);
        Assert.NotEqual(first, second);
        using var after = await _new.RecoverAsync(_world.Code, name: "new");
        Assert.Equal(second, await NumberAsync(after, theirs));
    }

    [Fact]
    public async Task Stolen_makes_them_anew_in_the_very_commit_and_opens_what_was_sealed_before()
    {
        await BeginAsync();
        using var friend = await FriendAsync();
        using var theirs = await OpenAsync(friend);
        using var before = await OpenAsync(_world.Phone);
        var letter = TestDevice.Value(theirs.SealFor(before.Statement, Purpose, "hello"u8));
        var version = _world.Phone.Version;
        TestDevice.Value(await _world.Phone.RevokeAsync(new([_world.Laptop.Device]) { Stolen = true }));
        Assert.Equal(version + 1, _world.Phone.Version);
        using var after = await OpenAsync(_world.Phone);
        Assert.NotEqual(before.Statement.SigningKey, after.Statement.SigningKey);
        Assert.NotEqual(before.Statement.KemKey, after.Statement.KemKey);
        var opened = TestDevice.Value(after.Open(theirs.Statement, Purpose, letter));
        Assert.Equal(("hello", true), (Encoding.UTF8.GetString(opened.Content), opened.IsForFormerKeys));
        Assert.Equal(["a"], _world.Phone.Items.Select(i => i.Name));
    }

    [Fact]
    public async Task Whoever_was_removed_before_and_turns_out_to_be_stolen_is_enough()
    {
        await BeginAsync();
        var laptop = _world.Laptop.Device;
        TestDevice.Value(await _world.Phone.RevokeAsync(new([laptop])));
        var key = await KeyAsync(_world.Phone);
        TestDevice.Value(await _world.Phone.RevokeAsync(new([laptop]) { Stolen = true }));
        Assert.NotEqual(key, await KeyAsync(_world.Phone));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_a_code_signs_the_device_makes_them_anew_with_its_next_commit(bool recovers)
    {
        await BeginAsync();
        var key = await KeyAsync(_world.Phone);
        var request = new RevocationRequest([_world.Laptop.Device]) { Stolen = true };
        if (!recovers)
        {
            TestDevice.Value(await _world.Phone.RevokeWithCodeAsync(request, _world.Code));
            Assert.NotEqual(key, await KeyAsync(_world.Phone));
            return;
        }
        using var session = TestDevice.Value(await _new.Client.BeginRecoveryAsync(_world.Code));
        using var vault = TestDevice.Value(await session.CompleteWithRevocationAsync("new", request)).Vault;
        TestDevice.Value(await _world.Phone.RefreshAsync());
        Assert.NotEqual(key, await KeyAsync(_world.Phone));
        Assert.Equal(await KeyAsync(vault), await KeyAsync(_world.Phone));
    }

    [Fact]
    public async Task A_device_that_dies_after_the_code_has_signed_leaves_them_due_for_any_other()
    {
        await BeginAsync();
        var key = await KeyAsync(_world.Phone);
        using var tablet = await _new.RecoverAsync(_world.Code, name: "tablet");
        var commits = 0;
        _new.Relay.BeforeAsync = sent => sent.RequestUri!.AbsolutePath == "/v1/commits" && commits++ > 0
            ? throw new HttpRequestException("gone") : Task.CompletedTask;
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        try
        {
            await tablet.RevokeWithCodeAsync(
                new([_world.Laptop.Device]) { Stolen = true }, _world.Code, ct: end.Token);
        }
        catch (OperationCanceledException)
        {
            // As good as dead: the second commit never came.
        }
        Assert.True(commits > 1);
        TestDevice.Value(await _world.Phone.RefreshAsync());
        TestDevice.Value(await _world.Phone.PutAsync("b", "next"u8.ToArray()));
        Assert.NotEqual(key, await KeyAsync(_world.Phone));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_undo_to_before_a_stolen_never_brings_back_the_keys_of_then(bool removesNobody)
    {
        await BeginAsync();
        using var tablet = await _new.RecoverAsync(_world.Code, name: "tablet");
        TestDevice.Value(await _world.Phone.RefreshAsync());
        TestDevice.Value(await _world.Phone.PutAsync("a", "second"u8.ToArray()));
        var stolen = await KeyAsync(_world.Phone);
        TestDevice.Value(await _world.Phone.RevokeAsync(new([_world.Laptop.Device]) { Stolen = true }));
        var renewed = await KeyAsync(_world.Phone);
        var points = TestDevice.Value(await _world.Phone.ListRestorePointsAsync());
        var request = new UndoRequest(points.MinBy(p => p.Version)!)
        {
            Everything = true, Remove = removesNobody ? [] : [tablet.Device],
        };
        Assert.DoesNotContain(
            TestDevice.Value(await _world.Phone.PlanUndoAsync(request)).Items, i => ReservedName.Is(i.Name));
        TestDevice.Value(await _world.Phone.UndoAsync(request));
        var now = await KeyAsync(_world.Phone);
        Assert.NotEqual(stolen, now);
        // Who is removed by an undo held them: that is a stolen as well.
        Assert.Equal(removesNobody, renewed == now);
        Assert.Equal("first", Encoding.UTF8.GetString(TestDevice.Value(await _world.Phone.GetAsync("a"))));
    }

    [Fact]
    public async Task Of_two_devices_that_make_the_first_ones_at_once_exactly_one_does()
    {
        await BeginAsync();
        // An account of before there were any.
        var removed = await _world.Phone.Identity.EditAnyAsync(new ItemEdit.Remove(ReservedName.Identity), default);
        Assert.Null(removed.Error);
        TestDevice.Value(await _world.Laptop.RefreshAsync());
        var both = await Task.WhenAll(KeyAsync(_world.Phone), KeyAsync(_world.Laptop));
        Assert.Equal(both[0], both[1]);
        TestDevice.Value(await _world.Phone.RefreshAsync());
        Assert.Equal(both[0], await KeyAsync(_world.Phone));
    }

    [Fact]
    public async Task Names_that_begin_with_a_tilde_are_no_apps_and_one_that_nobody_knows_is_kept()
    {
        await BeginAsync();
        var phone = _world.Phone;
        Assert.Null((await phone.Identity.EditAnyAsync(new ItemEdit.Put("~of tomorrow", new byte[40]), default)).Error);
        var version = phone.Version;
        foreach (var name in (string[])[ReservedName.Identity, "~of tomorrow", "~"])
        {
            Assert.IsType<ClientFailure.Invalid>(TestDevice.Failure(await phone.PutAsync(name, new byte[1])));
            Assert.IsType<ClientFailure.Invalid>(TestDevice.Failure(await phone.RemoveAsync(name)));
            Assert.IsType<ClientFailure.NoSuchItem>(TestDevice.Failure(await phone.GetAsync(name)));
            Assert.IsType<ClientFailure.NoSuchItem>(TestDevice.Failure(await phone.HistoryAsync(name)));
            Assert.IsType<ClientFailure.NoSuchItem>(TestDevice.Failure(await phone.GetAllAsync([name])));
            Assert.Null(phone.FindItem(name));
        }
        Assert.Equal(version, phone.Version);
        Assert.IsType<ClientFailure.Invalid>(TestDevice.Failure(await _new.Client.CreateAsync(
            await fixture.Server.TokenAsync($"{Guid.NewGuid()}"), new CreateOptions
            {
                DeviceName = "phone", Code = null, Items = [new ItemEdit.Put("~mine", new byte[1])],
            })));

        TestDevice.Value(await phone.RevokeAsync(new([_world.Laptop.Device]) { Stolen = true }));
        TestDevice.Value(await phone.PutAsync("b", new byte[1]));
        Assert.Equal(["a", "b"], phone.Items.Select(i => i.Name));
        Assert.Equal(2, TestDevice.Value(await phone.GetAllAsync()).Length);
        using var session = TestDevice.Value(await _new.Client.BeginRecoveryAsync(_world.Code));
        Assert.Equal(2, session.Items.Length);
        Assert.Equal(2, TestDevice.Value(await session.CheckItemsAsync()));
        // It is there still: its removal by one who knows it works.
        Assert.Null((await phone.Identity.EditAnyAsync(new ItemEdit.Remove("~of tomorrow"), default)).Error);
    }

    [Fact]
    public async Task What_strangers_hand_over_is_refused_with_a_reason_and_throws_nothing()
    {
        await BeginAsync();
        using var friend = await FriendAsync();
        using var mine = await OpenAsync(_world.Phone);
        using var theirs = await OpenAsync(friend);
        var letter = TestDevice.Value(theirs.SealFor(mine.Statement, Purpose, "hello"u8));
        IdentityFault Open(IdentityStatement sender, string purpose, byte[] message) =>
            Assert.IsType<ClientFailure.CannotOpen>(TestDevice.Failure(mine.Open(sender, purpose, message))).Fault;
        Assert.Equal(IdentityFault.Seal, Open(mine.Statement, Purpose, letter));
        Assert.Equal(IdentityFault.Seal, Open(theirs.Statement, Purpose + "s", letter));
        Assert.Equal(IdentityFault.Malformed, Open(theirs.Statement, Purpose, []));
        Assert.Equal(IdentityFault.Malformed, Open(theirs.Statement, Purpose, new byte[SealedMessage.MaxSize + 1]));
        Assert.Equal(IdentityFault.OtherRecipient,
            Assert.IsType<ClientFailure.CannotOpen>(TestDevice.Failure(
                theirs.Open(theirs.Statement, Purpose, letter))).Fault);
        for (var at = 0; at < letter.Length; at += 97)
        {
            var changed = letter.ToArray();
            changed[at] ^= 1;
            Assert.NotEqual(IdentityFault.None, Open(theirs.Statement, Purpose, changed));
        }
        foreach (var purpose in (string[])["", new string('x', 65), "\ud800"])
            Assert.IsType<ClientFailure.Invalid>(TestDevice.Failure(mine.SealFor(theirs.Statement, purpose, [])));
        Assert.IsType<ClientFailure.Invalid>(TestDevice.Failure(
            mine.SealFor(theirs.Statement, Purpose, new byte[SealedMessage.MaxContent + 1])));
        var longest = TestDevice.Value(mine.SealFor(mine.Statement, Purpose, new byte[SealedMessage.MaxContent]));
        Assert.Equal(
            SealedMessage.MaxContent,
            TestDevice.Value(mine.Open(mine.Statement, Purpose, longest)).Content.Length);
    }

    [Fact]
    public async Task A_content_key_is_granted_and_taken_away_and_no_older_record_is_taken()
    {
        await BeginAsync();
        using var friend = await FriendAsync();
        using var mine = await OpenAsync(_world.Phone);
        using var theirs = await OpenAsync(friend);
        using var first = TestDevice.Value(mine.CreateKey());
        IdentityFault Fault(ContentKey key, ContentKeyRecord? known = null) => Assert.IsType<ClientFailure.CannotOpen>(
            TestDevice.Failure(theirs.OpenKey(key.Record.Bytes, mine.Statement, known))).Fault;
        Assert.Equal(IdentityFault.OtherRecipient, Fault(first));
        using var shared = TestDevice.Value(mine.Grant(first, theirs.Statement));
        using (var read = TestDevice.Value(theirs.OpenKey(shared.Record.Bytes, mine.Statement)))
        {
            Assert.True(read.Span.SequenceEqual(first.Span));
            Assert.IsType<ClientFailure.Invalid>(TestDevice.Failure(theirs.Grant(read, theirs.Statement)));
        }
        using var taken = TestDevice.Value(mine.Revoke(shared, theirs.Account, theirs.Statement));
        Assert.False(taken.Span.SequenceEqual(first.Span));
        Assert.Equal((3UL, 3UL), (taken.Record.Version, taken.Record.Since));
        Assert.Equal(IdentityFault.OtherRecipient, Fault(taken, shared.Record));
        Assert.Equal(IdentityFault.Older, Fault(shared, taken.Record));

        // After a stolen the owner opens it with the keys of before, and keys it anew.
        TestDevice.Value(await _world.Phone.RevokeAsync(new([_world.Laptop.Device]) { Stolen = true }));
        using var renewed = await OpenAsync(_world.Phone);
        Assert.Equal(IdentityFault.Signature, Assert.IsType<ClientFailure.CannotOpen>(TestDevice.Failure(
            renewed.OpenKey(taken.Record.Bytes, renewed.Statement))).Fault);
        using var mended = TestDevice.Value(
            renewed.OpenKey(taken.Record.Bytes, renewed.Statement, takesFormer: true));
        Assert.True(mended.Span.SequenceEqual(taken.Span));
        using var anew = TestDevice.Value(renewed.ReKey(mended, theirs.Statement));
        using var opened = TestDevice.Value(theirs.OpenKey(anew.Record.Bytes, renewed.Statement, taken.Record));
        Assert.True(opened.Span.SequenceEqual(anew.Span));
    }

    private async Task BeginAsync() => await _world.BeginAsync(await fixture.Server.TokenAsync($"{Guid.NewGuid()}"));

    private async Task<VaultSession> FriendAsync() =>
        await _friend.CreateAsync(await fixture.Server.TokenAsync($"{Guid.NewGuid()}"), null);

    private static async Task<AccountIdentity> OpenAsync(VaultSession vault) =>
        TestDevice.Value(await vault.Identity.OpenAsync());

    private static async Task<string> KeyAsync(VaultSession vault)
    {
        using var identity = await OpenAsync(vault);
        return $"{identity.Statement.SigningKey} {identity.Statement.KemKey}";
    }

    private static async Task<string> NumberAsync(VaultSession vault, AccountIdentity other)
    {
        using var identity = await OpenAsync(vault);
        return identity.SafetyNumberWith(other.Statement).Digits;
    }
}
