using System.Net;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Devices;

/// <summary>
/// A code that others may know puts a new one in its place, where nothing else of the account may remove anybody: the
/// phone is gone, and the device that came back by the code is young.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class CodeReplacementTests(ServerFixture fixture) : IDisposable
{
    private readonly RecoveryCode _old = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly RecoveryCode _next = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly RecoveryCode _thiefs = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly TestDevice _phone = new(fixture.Server.Address);
    private readonly TestDevice _young = new(fixture.Server.Address, adjust: o => o with { Attempts = 1 });

    public void Dispose()
    {
        foreach (var code in new[] { _old, _next, _thiefs }) code.Dispose();
        _phone.Dispose();
        _young.Dispose();
    }

    [Fact]
    public async Task A_young_device_replaces_it_in_two_links_and_the_old_one_opens_nothing_any_more()
    {
        using var young = await BeginAsync();
        var refused = TestDevice.Failure(await young.AddCodeAsync(_next, replaceOthers: true));
        Assert.Equal("young-authority", Assert.IsType<ClientFailure.Refused>(refused).Type);
        var (links, epoch) = (await LinksAsync(), young.Epoch);

        var done = TestDevice.Value(await young.ReplaceCodeAsync(_old, _next));
        RevocationTests.AssertAre([SlotOf(_old)], done.Removed);
        Assert.Equal((links + 2, epoch + 1), (await LinksAsync(), done.Epoch));
        TestDevice.Value(await young.PutAsync("later", "secret"u8.ToArray()));
        Assert.Null(await ItemsOfAsync(_old));
        Assert.Equal(2, await ItemsOfAsync(_next));
        // Trusted at once: it may remove the lost phone.
        var phone = young.Authorities.First(a => a.Name == "phone").Id;
        TestDevice.Value(await young.RevokeWithCodeAsync(new([phone]), _next));
    }

    [Fact]
    public async Task The_code_alone_replaces_itself_and_makes_no_device()
    {
        using (await BeginAsync()) { }
        using var empty = new TestDevice(fixture.Server.Address);
        using (var session = TestDevice.Value(await empty.Client.BeginRecoveryAsync(_old)))
        {
            var done = TestDevice.Value(await session.ReplaceCodeAsync(_next));
            RevocationTests.AssertAre([SlotOf(_old)], done.Removed);
            Assert.Equal(["new phone"], done.Plan.Stays.Select(s => s.Name));
        }
        Assert.Null(await empty.Store.LoadAsync(default));
        Assert.Null(await ItemsOfAsync(_old));
        Assert.Equal(1, await ItemsOfAsync(_next));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cut_between_the_two_links_it_is_finished_by_the_same_call_or_the_new_code_and_no_third_is_added(
        bool sameCall)
    {
        using var young = await BeginAsync();
        var links = await LinksAsync();
        CutCommits(1);
        Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await young.ReplaceCodeAsync(_old, _next)));
        _young.Relay.OnRequest = null;
        Assert.Equal((1, 1), (await ItemsOfAsync(_old), await ItemsOfAsync(_next)));

        // Who holds the old code alone is told, and adds nothing.
        using var third = RecoveryCode.Generate(SystemRandom.Instance);
        var begun = Assert.IsType<ClientFailure.ReplacementBegun>(
            TestDevice.Failure(await young.ReplaceCodeAsync(_old, third)));
        Assert.Equal((SlotOf(_old), SlotOf(_next)), (begun.Old, begun.New));
        Assert.Equal(begun, TestDevice.Failure(await young.ReplaceCodeAsync(_next, third)));

        var done = TestDevice.Value(sameCall
            ? await young.ReplaceCodeAsync(_old, _next) : await young.FinishCodeReplacementAsync(_next));
        RevocationTests.AssertAre([SlotOf(_old)], done.Removed);
        Assert.Equal(links + 2, await LinksAsync());
        // Once more changes nothing.
        Assert.Empty(TestDevice.Value(await young.FinishCodeReplacementAsync(_next)).Removed);
        Assert.Empty(TestDevice.Value(await young.ReplaceCodeAsync(_old, _next)).Removed);
        Assert.Equal(links + 2, await LinksAsync());
        Assert.Null(await ItemsOfAsync(_old));
        Assert.Equal(1, await ItemsOfAsync(_next));
    }

    [Fact]
    public async Task A_new_code_that_is_lost_after_the_cut_goes_with_the_old_one()
    {
        using var young = await BeginAsync();
        CutCommits(1);
        using var lost = RecoveryCode.Generate(SystemRandom.Instance);
        Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await young.ReplaceCodeAsync(_old, lost)));
        _young.Relay.OnRequest = null;
        var done = TestDevice.Value(await young.ReplaceCodeAsync(_old, _next, anew: true));
        RevocationTests.AssertAre([SlotOf(_old), SlotOf(lost)], done.Removed);
        Assert.Equal([_next], young.Authorities.Where(a => a.Kind == AuthorityKind.Code)
            .Select(a => new[] { _old, lost, _next }.First(c => SlotOf(c) == a.Id)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task An_answer_that_is_lost_after_either_link_is_found_to_be_done(int lost)
    {
        using var young = await BeginAsync();
        var (links, commits) = (await LinksAsync(), 0);
        _young.Relay.OnResponse = (request, answer) =>
        {
            if (IsCommit(request) && commits++ == lost) throw new HttpRequestException("the cable");
        };
        var done = TestDevice.Value(await young.ReplaceCodeAsync(_old, _next));
        RevocationTests.AssertAre([SlotOf(_old)], done.Removed);
        // The third makes the account's own keys anew, which whoever knew the old code had.
        Assert.Equal((links + 2, 3), (await LinksAsync(), commits));
    }

    [Fact]
    public async Task A_code_that_a_thief_adds_by_the_old_one_meanwhile_goes_too()
    {
        using var young = await BeginAsync();
        var commits = 0;
        _young.Relay.BeforeAsync = async request =>
        {
            if (!IsCommit(request) || ++commits != 2) return;
            using var thief = new TestDevice(fixture.Server.Address, adjust: o => o with { Attempts = 1 });
            using var session = TestDevice.Value(await thief.Client.BeginRecoveryAsync(_old));
            CutCommits(1, thief);
            Assert.IsType<ClientFailure.Transient>(
                TestDevice.Failure(await session.ReplaceCodeAsync(_thiefs, anew: true)));
            Assert.NotNull(await ItemsOfAsync(_thiefs));
        };
        var done = TestDevice.Value(await young.ReplaceCodeAsync(_old, _next));
        RevocationTests.AssertAre([SlotOf(_old), SlotOf(_thiefs)], done.Removed);
        Assert.Null(await ItemsOfAsync(_thiefs));
        Assert.Equal(1, await ItemsOfAsync(_next));
    }

    [Fact]
    public async Task A_code_of_another_account_replaces_nothing()
    {
        using var young = await BeginAsync();
        using var otherPhone = new TestDevice(fixture.Server.Address);
        using (await otherPhone.CreateAsync(await fixture.Server.TokenAsync($"{Guid.NewGuid()}"), _thiefs)) { }
        var links = await LinksAsync();
        Assert.IsType<ClientFailure.NotOfThisAccount>(
            TestDevice.Failure(await young.ReplaceCodeAsync(_thiefs, _next)));
        Assert.IsType<ClientFailure.NotOfThisAccount>(
            TestDevice.Failure(await young.FinishCodeReplacementAsync(_thiefs)));
        Assert.Equal(links, await LinksAsync());
        Assert.Null(await ItemsOfAsync(_next));
    }

    [Fact]
    public async Task A_young_device_revokes_a_stolen_phone_with_the_code_and_makes_a_new_code_in_the_same_link()
    {
        using var young = await BeginAsync();
        using var phone = await _phone.OpenAsync();
        TestDevice.Value(await phone.AddCodeAsync(_thiefs));
        TestDevice.Value(await young.RefreshAsync());
        var request = new RevocationRequest([phone.Device]) { Stolen = true, NewCode = _next };
        Assert.Equal("young-authority", Assert.IsType<ClientFailure.Refused>(
            TestDevice.Failure(await young.RevokeAsync(request))).Type);

        var done = TestDevice.Value(await young.RevokeWithCodeAsync(request, _old));
        RevocationTests.AssertAre([phone.Device, SlotOf(_thiefs)], done.Removed);
        Assert.Equal(RevocationReason.Signs, Assert.Single(done.Plan.Stays).Reason);
        Assert.Null(await ItemsOfAsync(_thiefs));
        Assert.Equal((1, 1), (await ItemsOfAsync(_old), await ItemsOfAsync(_next)));
        Assert.IsType<ClientFailure.Invalid>(
            TestDevice.Failure(await young.RevokeWithCodeAsync(new([SlotOf(_old)]), _old)));
    }

    // A phone that made the account, and a device that came back by the code an hour ago.
    private async Task<VaultSession> BeginAsync()
    {
        using (await RevocationTests.NewAccountAsync(_phone, fixture, _old)) { }
        return await _young.RecoverAsync(_old);
    }

    private async Task<int> LinksAsync()
    {
        using (await _young.OpenAsync()) return await RevocationTests.LinksAsync(_young);
    }

    // From this one on no commit arrives.
    private void CutCommits(int from, TestDevice? device = null)
    {
        var commits = 0;
        (device ?? _young).Relay.OnRequest = (request, _) =>
            IsCommit(request) && commits++ >= from ? new HttpResponseMessage(HttpStatusCode.BadGateway) : null;
    }

    private static bool IsCommit(HttpRequestMessage request) => request.RequestUri!.AbsolutePath == "/v1/commits";

    // How many items the code opens today, or null where it opens nothing.
    private async Task<int?> ItemsOfAsync(RecoveryCode code)
    {
        using var device = new TestDevice(fixture.Server.Address);
        if (!(await device.Client.BeginRecoveryAsync(code)).TryGet(out var session, out _)) return null;
        using (session) return TestDevice.Value(await session.CheckItemsAsync());
    }

    private static AuthorityId SlotOf(RecoveryCode code) => StolenWorld.SlotOf(code);
}
