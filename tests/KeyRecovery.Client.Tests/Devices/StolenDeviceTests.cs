using KeyRecovery.Client.Tests.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Devices;

/// <summary>
/// What came in through a device that is stolen later, and the thief's ways to stay (F09). Here devices are trusted at
/// once: a young one's code lets nobody in, and there would be nothing to tell.
/// </summary>
public sealed class StolenDeviceTests(TrustingServerFixture fixture) : IClassFixture<TrustingServerFixture>, IDisposable
{
    private readonly string _subject = $"{Guid.NewGuid()}";
    private readonly StolenWorld _world = new(fixture.Server.Address);

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F09_No_code_that_a_thief_added_through_however_many_opens_what_is_written_after(bool stolen)
    {
        await BeginAsync();
        // The stolen laptop makes a code, a device that this brings in makes another, and once more.
        RecoveryCode[] codes = [_world.NewCode(), _world.NewCode(), _world.NewCode()];
        var thief = _world.Laptop;
        List<VaultSession> devices = [];
        foreach (var code in codes)
        {
            TestDevice.Value(await thief.AddCodeAsync(code));
            devices.Add(thief = await _world.RecoverAsync(code, "thief"));
        }

        TestDevice.Value(await _world.Phone.RevokeAsync(new([_world.Laptop.Device]) { Stolen = stolen }));
        TestDevice.Value(await _world.Phone.PutAsync("later", "secret"u8.ToArray()));

        foreach (var device in devices)
            Assert.Equal(stolen, await device.RefreshAsync() is Result<VaultSession>.Failed
                { Failure: ClientFailure.Revoked });
        foreach (var code in codes)
        {
            Assert.Equal(!stolen, await OpensAsync(code, "later"));
            // Also with all that the server keeps.
            Assert.Equal(stolen, await OpenWithAsync(code) is null);
        }
        Assert.True(await OpensAsync(_world.Code, "later"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F09_No_passphrase_that_a_thief_set_opens_what_is_written_after(bool stolen)
    {
        await BeginAsync();
        using var passphrase = RealmsFixture.Of(PassphraseWorld.Right);
        var token = await fixture.Server.TokenAsync(_subject);
        TestDevice.Value(await _world.Laptop.Passphrase.SetAsync(
            passphrase, new SetPassphraseOptions { Token = token }));

        TestDevice.Value(await _world.Phone.RevokeAsync(new([_world.Laptop.Device]) { Stolen = stolen }));
        TestDevice.Value(await _world.Phone.PutAsync("later", "secret"u8.ToArray()));

        using var fresh = new TestDevice(fixture.Server.Address);
        var guess = await fresh.Client.BeginPassphraseRecoveryAsync(passphrase, token);
        if (guess.TryGet(out var session, out var failure)) session.Dispose();
        Assert.Equal(stolen, failure is ClientFailure.UnknownPassphrase);
        Assert.Equal(stolen, session is null);
    }

    [Fact]
    public async Task One_link_removes_all_that_came_in_and_the_plan_says_of_each_why()
    {
        await BeginAsync();
        var code = _world.NewCode();
        TestDevice.Value(await _world.Laptop.AddCodeAsync(code));
        using var tablet = await _world.RecoverAsync(code, "tablet");
        TestDevice.Value(await _world.Phone.RefreshAsync());
        var request = new RevocationRequest([_world.Laptop.Device]);
        RevocationTests.AssertAre([_world.Laptop.Device], _world.Phone.PlanRevocation(request).Remove);

        request = request with { Stolen = true };
        var plan = _world.Phone.PlanRevocation(request);
        RevocationEntry[] expected =
            [
                new(_world.Laptop.Device, AuthorityKind.Device, "laptop", SlotOf(_world.Code), RevocationReason.Named),
                new(SlotOf(code), AuthorityKind.Code, "", _world.Laptop.Device, RevocationReason.AddedByNamed),
                new(tablet.Device, AuthorityKind.Device, "tablet", SlotOf(code), RevocationReason.AddedThroughOthers),
            ];
        Assert.Equal(expected, plan.Goes.ToArray());
        Assert.Empty(plan.Stays);
        RevocationTests.AssertAre([SlotOf(_world.Code)], plan.SlotsLeft);

        var links = await _world.LinksAsync();
        var done = TestDevice.Value(await _world.Phone.RevokeAsync(request));
        Assert.Equal(links + 1, await _world.LinksAsync());
        Assert.Equal(expected, done.Plan.Goes.ToArray());
        RevocationTests.AssertAre([SlotOf(_world.Code)], done.Plan.SlotsLeft);
    }

    [Fact]
    public async Task What_a_thief_adds_between_plan_and_commit_goes_too()
    {
        await BeginAsync();
        var code = _world.NewCode();
        var request = new RevocationRequest([_world.Laptop.Device]) { Stolen = true };
        RevocationTests.AssertAre([_world.Laptop.Device], _world.Phone.PlanRevocation(request).Remove);
        var isRaced = false;
        _world.PhoneDevice.Relay.BeforeAsync = async sent =>
        {
            if (isRaced || sent.RequestUri!.AbsolutePath != "/v1/commits") return;
            isRaced = true;
            TestDevice.Value(await _world.Laptop.AddCodeAsync(code));
        };

        var done = TestDevice.Value(await _world.Phone.RevokeAsync(request));
        Assert.True(isRaced);
        RevocationTests.AssertAre([_world.Laptop.Device, SlotOf(code)], done.Removed);
        Assert.False(await OpensAsync(code));
    }

    [Fact]
    public async Task A_device_that_itself_came_in_through_the_stolen_one_stays_with_what_it_added_where_it_signs()
    {
        await BeginAsync();
        var (thiefs, tablets) = (_world.NewCode(), _world.NewCode());
        TestDevice.Value(await _world.Laptop.AddCodeAsync(thiefs));
        using var tablet = await _world.RecoverAsync(thiefs, "tablet");
        TestDevice.Value(await tablet.AddCodeAsync(tablets));

        var request = new RevocationRequest([_world.Laptop.Device]) { Stolen = true };
        var stays = Assert.Single(tablet.PlanRevocation(request).Stays);
        Assert.Equal((tablet.Device, RevocationReason.ThisDevice), (stays.Id, stays.Reason));
        var done = TestDevice.Value(await tablet.RevokeAsync(request));
        RevocationTests.AssertAre([_world.Laptop.Device, SlotOf(thiefs)], done.Removed);
        Assert.True(await OpensAsync(tablets));
        // On another device the closure does not stop there, as nobody knows whose the tablet is.
        TestDevice.Value(await _world.Phone.RefreshAsync());
        RevocationTests.AssertAre(
            [tablet.Device, SlotOf(tablets)], TestDevice.Value(await _world.Phone.RevokeAsync(request)).Removed);
    }

    [Fact]
    public async Task A_code_that_is_proved_in_hand_stays_with_what_it_brought_in_and_is_marked()
    {
        // The code was made on the phone, which is stolen; the laptop came in by the code.
        await BeginAsync();
        using var tablet = await _world.RecoverAsync(_world.Code, "tablet");
        var laptop = _world.Laptop;
        TestDevice.Value(await laptop.RefreshAsync());
        var request = new RevocationRequest([_world.Phone.Device]) { Stolen = true };
        var without = laptop.PlanRevocation(request);
        RevocationTests.AssertAre([_world.Phone.Device, SlotOf(_world.Code), tablet.Device], without.Remove);
        Assert.Empty(without.SlotsLeft);

        var proof = TestDevice.Value(await laptop.ProveCodeAsync(_world.Code));
        Assert.Equal(SlotOf(_world.Code), proof.Slot);
        var done = TestDevice.Value(await laptop.RevokeAsync(request with { InHand = [proof] }));
        RevocationTests.AssertAre([_world.Phone.Device], done.Removed);
        Assert.Equal(RevocationReason.InHand, Assert.Single(done.Plan.Stays).Reason);
        TestDevice.Value(await tablet.RefreshAsync());
        RevocationTests.AssertAre([SlotOf(_world.Code)], laptop.Authorities.Where(a => a.Replace).Select(a => a.Id));
        TestDevice.Value(await laptop.RenameDeviceAsync(SlotOf(_world.Code), "still marked"));
        Assert.True(laptop.Authorities.Single(a => a.Id == SlotOf(_world.Code)).Replace);
        Assert.True(await OpensAsync(_world.Code));
    }

    [Fact]
    public async Task A_passphrase_that_is_proved_in_hand_stays_and_a_wrong_one_costs_a_guess_and_changes_nothing()
    {
        await BeginAsync();
        using var passphrase = RealmsFixture.Of(PassphraseWorld.Right);
        using var wrong = RealmsFixture.Of("wrong horse");
        var token = await fixture.Server.TokenAsync(_subject);
        TestDevice.Value(await _world.Laptop.Passphrase.SetAsync(
            passphrase, new SetPassphraseOptions { Token = token }));
        TestDevice.Value(await _world.Phone.RefreshAsync());
        Assert.Equal(9, Assert.IsType<ClientFailure.WrongPassphrase>(
            TestDevice.Failure(await _world.Phone.Passphrase.ProveAsync(wrong, token))).GuessesLeft);

        var proof = TestDevice.Value(await _world.Phone.Passphrase.ProveAsync(passphrase, token));
        var done = TestDevice.Value(await _world.Phone.RevokeAsync(
            new([_world.Laptop.Device]) { Stolen = true, InHand = [proof] }));
        RevocationTests.AssertAre([_world.Laptop.Device], done.Removed);
        Assert.True(_world.Phone.Passphrase.IsSet);
    }

    [Fact]
    public async Task A_false_proof_is_refused_and_changes_nothing()
    {
        await BeginAsync();
        using var other = new StolenWorld(fixture.Server.Address);
        await other.BeginAsync(await fixture.Server.TokenAsync($"{Guid.NewGuid()}"));
        var links = await _world.LinksAsync();
        foreach (var code in new[] { other.Code, _world.NewCode() })
            Assert.IsType<ClientFailure.NotOfThisAccount>(
                TestDevice.Failure(await _world.Phone.ProveCodeAsync(code)));

        var request = new RevocationRequest([_world.Laptop.Device]) { Stolen = true };
        var proofOfAnother = TestDevice.Value(await other.Phone.ProveCodeAsync(other.Code));
        Assert.IsType<ClientFailure.NotOfThisAccount>(
            TestDevice.Failure(await _world.Phone.RevokeAsync(request with { InHand = [proofOfAnother] })));
        Assert.IsType<ClientFailure.Invalid>(
            TestDevice.Failure(await _world.Phone.RevokeAsync(request with { Keep = [SlotOf(_world.Code)] })));
        Assert.Equal(links, await _world.LinksAsync());
        TestDevice.Value(await _world.Laptop.RefreshAsync());
    }

    [Fact]
    public async Task A_device_that_came_in_through_the_stolen_one_stays_with_what_it_added_where_the_person_says_so()
    {
        await BeginAsync();
        var (thiefs, tablets) = (_world.NewCode(), _world.NewCode());
        TestDevice.Value(await _world.Laptop.AddCodeAsync(thiefs));
        using var tablet = await _world.RecoverAsync(thiefs, "tablet");
        TestDevice.Value(await tablet.AddCodeAsync(tablets));
        var done = TestDevice.Value(await _world.Phone.RevokeAsync(
            new([_world.Laptop.Device]) { Stolen = true, Keep = [tablet.Device] }));
        RevocationTests.AssertAre([_world.Laptop.Device, SlotOf(thiefs)], done.Removed);
        TestDevice.Value(await tablet.RefreshAsync());
        Assert.True(await OpensAsync(tablets));
    }

    [Fact]
    public async Task A_new_code_comes_in_the_same_link_so_that_the_account_is_never_without_one()
    {
        await BeginAsync();
        var next = _world.NewCode();
        var links = await _world.LinksAsync();
        var done = TestDevice.Value(await _world.Laptop.RevokeAsync(
            new([_world.Phone.Device]) { Stolen = true, NewCode = next }));
        RevocationTests.AssertAre([_world.Phone.Device, SlotOf(_world.Code)], done.Removed);
        RevocationTests.AssertAre([SlotOf(next)], done.Plan.SlotsLeft);
        Assert.Equal(links + 1, (ulong)await RevocationTests.LinksAsync(_world.LaptopDevice));
        Assert.True(await OpensAsync(next));
        Assert.False(await OpensAsync(_world.Code));
    }

    [Fact]
    public async Task What_a_device_let_in_goes_also_where_it_was_removed_before_anybody_knew_that_it_was_stolen()
    {
        await BeginAsync();
        var code = _world.NewCode();
        TestDevice.Value(await _world.Laptop.AddCodeAsync(code));
        TestDevice.Value(await _world.Phone.RevokeAsync(new([_world.Laptop.Device])));
        Assert.True(await OpensAsync(code));
        var request = new RevocationRequest([_world.Laptop.Device]);
        Assert.IsType<ClientFailure.NoSuchAuthority>(TestDevice.Failure(await _world.Phone.RevokeAsync(request)));
        var done = TestDevice.Value(await _world.Phone.RevokeAsync(request with { Stolen = true }));
        RevocationTests.AssertAre([SlotOf(code)], done.Removed);
        Assert.False(await OpensAsync(code));
    }

    [Fact]
    public async Task A_recovery_removes_a_stolen_device_with_what_it_added_in_the_link_that_brings_the_new_one()
    {
        await BeginAsync();
        var (thiefs, next) = (_world.NewCode(), _world.NewCode());
        TestDevice.Value(await _world.Laptop.AddCodeAsync(thiefs));
        TestDevice.Value(await _world.Phone.RefreshAsync());
        using var fresh = new TestDevice(fixture.Server.Address);
        using var session = TestDevice.Value(await fresh.Client.BeginRecoveryAsync(_world.Code));
        var request = new RevocationRequest([_world.Laptop.Device, _world.Phone.Device])
        {
            Stolen = true, NewCode = next,
        };
        var plan = session.PlanRevocation(request);
        RevocationTests.AssertAre([_world.Laptop.Device, _world.Phone.Device, SlotOf(thiefs)], plan.Remove);
        Assert.Equal(RevocationReason.Signs, Assert.Single(plan.Stays).Reason);

        var links = await _world.LinksAsync();
        using var vault = TestDevice.Value(await session.CompleteWithRevocationAsync("new phone", request)).Vault;
        Assert.Equal(links + 1, (ulong)await RevocationTests.LinksAsync(fresh));
        Assert.Equal(["", "", "new phone"], vault.Authorities.Select(a => a.Name).Order());
        Assert.True(vault.Authorities.Single(a => a.Id == SlotOf(_world.Code)).Replace);
        Assert.False(await OpensAsync(thiefs));
        Assert.True(await OpensAsync(next));
    }

    private async Task BeginAsync() => await _world.BeginAsync(await fixture.Server.TokenAsync(_subject));

    private static AuthorityId SlotOf(RecoveryCode code) => StolenWorld.SlotOf(code);

    // Whether somebody who has nothing but the code opens every item, this one among them.
    private async Task<bool> OpensAsync(RecoveryCode code, string item = "a")
    {
        using var device = new TestDevice(fixture.Server.Address);
        if (!(await device.Client.BeginRecoveryAsync(code)).TryGet(out var session, out _)) return false;
        using (session)
            return session.Items.Any(i => i.Name == item)
                && TestDevice.Value(await session.CheckItemsAsync()) == session.Items.Length;
    }

    // What the phone has verified, opened as the code's slot.
    private async Task<OpenVault?> OpenWithAsync(RecoveryCode code)
    {
        TestDevice.Value(await _world.Phone.RefreshAsync());
        using var kept = (await _world.PhoneDevice.Store.LoadAsync(default))!;
        using var signing = SigningKey.FromSeed(kept.SigningSeed.Span);
        using var slot = code.DeriveSlot();
        var verdict = VerifiedVault.Reopen("demo", kept.Known!, new OwnIdentity(kept.Device, signing.PublicKey));
        return Assert.IsType<VaultVerdict.Ok>(verdict).Vault.Open(slot.Id, slot.Kem).Item1;
    }
}
