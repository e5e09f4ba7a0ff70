using System.Text;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Undo;

/// <summary>
/// F02: a device that was phished in replaces and deletes. With one call the owner is back to what was before, the
/// culprit is out, and what the owner wrote meanwhile is there.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class UndoTests(ServerFixture fixture) : IDisposable
{
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly TestDevice _phone = new(fixture.Server.Address);
    private readonly TestDevice _thief = new(fixture.Server.Address);
    private readonly TestDevice _second = new(fixture.Server.Address);
    private readonly TestDevice _newPhone = new(fixture.Server.Address);

    public void Dispose()
    {
        foreach (var device in new[] { _phone, _thief, _second, _newPhone }) device.Dispose();
        _code.Dispose();
    }

    [Fact]
    public async Task F02_the_owner_is_back_with_one_call_and_what_others_wrote_since_stays()
    {
        using var phone = await CreateAsync();
        using var thief = await _thief.RecoverAsync(_code, name: "thief");
        await DestroyAsync(phone, thief);

        var points = TestDevice.Value(await phone.ListRestorePointsAsync());
        var point = Assert.Single(points, p => p.Authority == thief.Device);
        Assert.Equal((RestorePointReason.YoungAuthority, true), (point.Reason, point.NamedVersions >= 3));
        var request = new UndoRequest(point);
        var plan = TestDevice.Value(await phone.PlanUndoAsync(request));
        Assert.Equal(thief.Device, Assert.Single(plan.Remove));
        AssertPlanned(plan.Items);
        Assert.Equal("thief's", await ReadAsync(phone, "a"));

        var undone = TestDevice.Value(await phone.UndoAsync(request));
        Assert.Equal(thief.Device, Assert.Single(undone.Removed));
        Assert.Empty(undone.NotPutAgain);
        AssertPlanned(undone.Items);
        await AssertIsBackAsync(phone);
        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(await thief.RefreshAsync()));
        await AssertOpensEverywhereAsync();
        // Nothing is lost of what was taken back either: the history tells who wrote it.
        var history = TestDevice.Value(await phone.HistoryAsync("a"));
        var theirs = Assert.Single(history, v => v.Writer == thief.Device);
        Assert.Equal(
            "thief's", Encoding.UTF8.GetString(TestDevice.Value(await phone.GetVersionAsync("a", theirs.Hash))));
    }

    [Fact]
    public async Task F02_with_the_code_from_a_device_that_is_young_itself()
    {
        using var phone = await CreateAsync();
        using var thief = await _thief.RecoverAsync(_code, name: "thief");
        await DestroyAsync(phone, thief);
        using var mine = await _newPhone.RecoverAsync(_code, name: "new phone");
        var request = new UndoRequest(await PointOfAsync(mine, thief.Device));
        Assert.Equal(
            "young-authority",
            Assert.IsType<ClientFailure.Refused>(TestDevice.Failure(await mine.UndoAsync(request))).Type);
        var undone = TestDevice.Value(await mine.UndoWithCodeAsync(request, _code));
        Assert.Equal(thief.Device, Assert.Single(undone.Removed));
        await AssertIsBackAsync(mine);
        TestDevice.Value(await phone.RefreshAsync());
        await AssertIsBackAsync(phone);
    }

    [Fact]
    public async Task F02_by_the_code_alone_on_a_new_phone()
    {
        using var phone = await CreateAsync();
        using var thief = await _thief.RecoverAsync(_code, name: "thief");
        await DestroyAsync(phone, thief);
        using var session = TestDevice.Value(await _newPhone.Client.BeginRecoveryAsync(_code));
        var point = Assert.Single(
            TestDevice.Value(await session.ListRestorePointsAsync()), p => p.Authority == thief.Device);
        var request = new UndoRequest(point) { AlsoRemove = [phone.Device] };
        var plan = TestDevice.Value(await session.PlanUndoAsync(request));
        Assert.Equal(2, plan.Remove.Length);
        using var recovered = TestDevice.Value(await session.CompleteWithUndoAsync("new phone", request)).Vault;
        await AssertIsBackAsync(recovered);
        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(await thief.RefreshAsync()));
        await AssertOpensEverywhereAsync();
    }

    [Fact]
    public async Task F02_two_culprits_go_together_and_what_the_second_did_is_taken_back_from_the_first_ones_point()
    {
        using var phone = await CreateAsync();
        using var thief = await _thief.RecoverAsync(_code, name: "thief");
        using var second = await _second.RecoverAsync(_code, name: "second thief");
        TestDevice.Value(await thief.RefreshAsync());
        TestDevice.Value(await thief.PutAsync("a", "thief's"u8.ToArray()));
        TestDevice.Value(await second.RefreshAsync());
        TestDevice.Value(await second.PutAsync("b", "second's"u8.ToArray()));
        TestDevice.Value(await second.RemoveAsync("a"));
        TestDevice.Value(await second.RemoveAsync("c"));
        var request = new UndoRequest(await PointOfAsync(phone, thief.Device))
        {
            Remove = [thief.Device, second.Device],
        };
        var undone = TestDevice.Value(await phone.UndoAsync(request));
        Assert.Equal(2, undone.Removed.Length);
        Assert.Equal(("first a", "first b", "first c"),
            (await ReadAsync(phone, "a"), await ReadAsync(phone, "b"), await ReadAsync(phone, "c")));
        await AssertOpensEverywhereAsync();
    }

    [Fact]
    public async Task F02_an_undo_that_races_an_honest_commit_keeps_it()
    {
        using var phone = await CreateAsync();
        using var thief = await _thief.RecoverAsync(_code, name: "thief");
        await DestroyAsync(phone, thief);
        using var honest = await _second.RecoverAsync(_code, name: "laptop");
        var request = new UndoRequest(await PointOfAsync(phone, thief.Device));
        var commits = 0;
        _phone.Relay.BeforeAsync = async sent =>
        {
            if (sent.RequestUri!.AbsolutePath != "/v1/commits" || commits++ > 0) return;
            TestDevice.Value(await honest.PutAsync("faster", "laptop's"u8.ToArray()));
        };
        TestDevice.Value(await phone.UndoAsync(request));
        Assert.True(commits >= 2);
        Assert.Equal("laptop's", await ReadAsync(phone, "faster"));
        TestDevice.Value(await phone.RemoveAsync("faster"));
        await AssertIsBackAsync(phone);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F02_what_comes_back_stands_beside_what_has_its_name_now(bool byCode)
    {
        using var phone = await CreateAsync();
        using var thief = await _thief.RecoverAsync(_code, name: "thief");
        TestDevice.Value(await thief.RemoveAsync("b"));
        TestDevice.Value(await phone.RefreshAsync());
        TestDevice.Value(await phone.PutAsync("b", "made anew"u8.ToArray()));
        var request = new UndoRequest(await PointOfAsync(phone, thief.Device));
        var undone = TestDevice.Value(
            byCode ? await phone.UndoWithCodeAsync(request, _code) : await phone.UndoAsync(request));
        Assert.Empty(undone.NotPutAgain);
        Assert.Equal(["a", "b", "b (2)", "c"], phone.Items.Select(i => i.Name));
        Assert.Equal(("made anew", "first b"), (await ReadAsync(phone, "b"), await ReadAsync(phone, "b (2)")));
        await AssertOpensEverywhereAsync();
    }

    [Fact]
    public async Task A_code_of_another_account_undoes_nothing_here()
    {
        using var phone = await CreateAsync();
        using var thief = await _thief.RecoverAsync(_code, name: "thief");
        TestDevice.Value(await thief.PutAsync("a", "thief's"u8.ToArray()));
        var request = new UndoRequest(await PointOfAsync(phone, thief.Device));
        using var other = RecoveryCode.Generate(SystemRandom.Instance);
        Assert.IsType<ClientFailure.UnknownCode>(TestDevice.Failure(await phone.UndoWithCodeAsync(request, other)));
        Assert.IsType<ClientFailure.Invalid>(
            TestDevice.Failure(await phone.UndoAsync(request with { Remove = [phone.Device] })));
        Assert.Equal("thief's", await ReadAsync(phone, "a"));
    }

    [Fact]
    public async Task F02_everything_returns_where_that_is_asked_for()
    {
        using var phone = await CreateAsync();
        using var thief = await _thief.RecoverAsync(_code, name: "thief");
        await DestroyAsync(phone, thief);
        var request = new UndoRequest(await PointOfAsync(phone, thief.Device)) { Everything = true };
        TestDevice.Value(await phone.UndoAsync(request));
        Assert.Equal(["a", "b", "c"], phone.Items.Select(i => i.Name));
        Assert.Equal(("first a", "first b", "first c"),
            (await ReadAsync(phone, "a"), await ReadAsync(phone, "b"), await ReadAsync(phone, "c")));
    }

    [Fact]
    public async Task An_undo_whose_answer_is_lost_is_found_done()
    {
        using var phone = await CreateAsync();
        using var thief = await _thief.RecoverAsync(_code, name: "thief");
        await DestroyAsync(phone, thief);
        var request = new UndoRequest(await PointOfAsync(phone, thief.Device));
        var lost = 0;
        _phone.Relay.OnResponse = (sent, _) =>
        {
            if (sent.RequestUri!.AbsolutePath == "/v1/commits" && lost++ == 0)
                throw new HttpRequestException("the answer is lost");
        };
        Assert.Equal(thief.Device, Assert.Single(TestDevice.Value(await phone.UndoAsync(request)).Removed));
        Assert.True(lost > 0);
        await AssertIsBackAsync(phone);
    }

    private async Task<VaultSession> CreateAsync() => await _phone.CreateAsync(
        await fixture.Server.TokenAsync(Canary.NewText()), _code, "phone",
        new ItemEdit.Put("a", "first a"u8.ToArray()), new ItemEdit.Put("b", "first b"u8.ToArray()),
        new ItemEdit.Put("c", "first c"u8.ToArray()));

    // The thief replaces a, deletes b, replaces what the owner wrote after that to c, and adds one of its own; the
    // owner adds e.
    private static async Task DestroyAsync(VaultSession phone, VaultSession thief)
    {
        TestDevice.Value(await thief.PutAsync("a", "thief's"u8.ToArray()));
        TestDevice.Value(await thief.RemoveAsync("b"));
        TestDevice.Value(await phone.RefreshAsync());
        TestDevice.Value(await phone.PutAsync("c", "second c"u8.ToArray()));
        TestDevice.Value(await phone.PutAsync("e", "phone's"u8.ToArray()));
        TestDevice.Value(await thief.RefreshAsync());
        TestDevice.Value(await thief.PutAsync("c", "thief's c"u8.ToArray()));
        TestDevice.Value(await thief.PutAsync("trash", new byte[20_000]));
    }

    private static void AssertPlanned(IReadOnlyCollection<UndoItem> items) =>
        Assert.Equal(
        [
            ("a", UndoAction.Return), ("b", UndoAction.Return), ("c", UndoAction.PutAgain), ("e", UndoAction.Keep),
            ("trash", UndoAction.Remove),
        ],
        items.Select(i => (i.Name, i.Action)));

    private static async Task AssertIsBackAsync(VaultSession vault)
    {
        Assert.Equal(["a", "b", "c", "e"], vault.Items.Select(i => i.Name));
        Assert.Equal(("first a", "first b", "second c", "phone's"),
            (await ReadAsync(vault, "a"), await ReadAsync(vault, "b"), await ReadAsync(vault, "c"),
                await ReadAsync(vault, "e")));
    }

    // The code, which nobody typed, opens all of it.
    private async Task AssertOpensEverywhereAsync()
    {
        using var other = new TestDevice(fixture.Server.Address);
        using var drill = TestDevice.Value(await other.Client.BeginRecoveryAsync(_code));
        Assert.Equal(drill.Items.Length, TestDevice.Value(await drill.CheckItemsAsync()));
    }

    private static async Task<RestorePointInfo> PointOfAsync(VaultSession vault, AuthorityId device) =>
        TestDevice.Value(await vault.ListRestorePointsAsync()).Single(p => p.Authority == device);

    private static async Task<string> ReadAsync(VaultSession vault, string name) =>
        Encoding.UTF8.GetString(TestDevice.Value(await vault.GetAsync(name)));
}
