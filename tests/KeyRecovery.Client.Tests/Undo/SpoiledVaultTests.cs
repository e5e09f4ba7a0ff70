using System.Text;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Undo;

/// <summary>
/// What a trusted device of the account, stolen, can write so that nobody opens the account any more (F03, F05, F06):
/// the others name it, keep what they had, and go on without it.
/// </summary>
public sealed class SpoiledVaultTests(TrustingServerFixture fixture)
    : IClassFixture<TrustingServerFixture>, IDisposable
{
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly TestDevice _phone = new(fixture.Server.Address);
    private readonly TestDevice _stolen = new(fixture.Server.Address);
    private readonly TestDevice _newPhone = new(fixture.Server.Address);

    /// <summary>How an account is spoiled.</summary>
    public static TheoryData<string> Ways => ["an unsound epoch", "a bad seal", "noise"];

    public void Dispose()
    {
        foreach (var device in new[] { _phone, _stolen, _newPhone }) device.Dispose();
        _code.Dispose();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_device_names_who_did_it_keeps_what_it_had_and_removes_it(string way)
    {
        using var phone = await CreateAsync();
        var stolen = await SpoilAsync(phone, way);
        var failure = Assert.IsType<ClientFailure.Spoiled>(TestDevice.Failure(await phone.RefreshAsync()));
        Assert.Equal((stolen, "stolen phone"), (failure.By, failure.Name));
        Assert.Equal(failure, phone.Spoiled);
        Assert.Equal("first a", await ReadAsync(phone, "a"));
        Assert.Equal(failure, TestDevice.Failure(await phone.PutAsync("a", new byte[] { 1 })));

        // Also after the app was started anew.
        using (var again = TestDevice.Value(await _phone.Client.OpenAsync()))
        {
            Assert.Equal(stolen, again.Spoiled?.By);
            Assert.Equal("first b", await ReadAsync(again, "b"));
        }

        var revoked = TestDevice.Value(await phone.RevokeAsync(new([stolen]) { Stolen = true }));
        Assert.Equal(stolen, Assert.Single(revoked.Removed));
        Assert.Null(phone.Spoiled);
        Assert.Equal(("first a", "first b"), (await ReadAsync(phone, "a"), await ReadAsync(phone, "b")));
        TestDevice.Value(await phone.PutAsync("c", "c"u8.ToArray()));
        await AssertCodeOpensAsync(3);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task An_undo_goes_back_to_what_the_device_kept(string way)
    {
        using var phone = await CreateAsync();
        var stolen = await SpoilAsync(phone, way);
        var points = TestDevice.Value(await phone.ListRestorePointsAsync());
        Assert.Equal(RestorePointReason.KeptHere, points[0].Reason);
        var plan = TestDevice.Value(await phone.PlanUndoAsync(new UndoRequest(points[0])));
        Assert.Equal(stolen, Assert.Single(plan.Remove));
        Assert.All(plan.Items, item => Assert.Contains(item.Action, new[] { UndoAction.Keep, UndoAction.Return }));
        Assert.Equal(stolen, Assert.Single(TestDevice.Value(await phone.UndoAsync(plan.Request)).Removed));
        Assert.Equal(("first a", "first b"), (await ReadAsync(phone, "a"), await ReadAsync(phone, "b")));
        await AssertCodeOpensAsync(2);
    }

    [Theory]
    [InlineData("an unsound epoch")]
    [InlineData("noise")]
    public async Task The_code_alone_goes_back_on_a_new_phone(string way)
    {
        using var phone = await CreateAsync();
        var stolen = await SpoilAsync(phone, way);
        using var session = TestDevice.Value(await _newPhone.Client.BeginRecoveryAsync(_code));
        Assert.Equal(stolen, session.Spoiled?.By);
        Assert.IsType<ClientFailure.Spoiled>(TestDevice.Failure(await session.CompleteAsync("new phone", [])));
        var point = TestDevice.Value(await session.ListRestorePointsAsync())[0];
        var undo = new UndoRequest(point) { Remove = [stolen], AlsoRemove = [phone.Device] };
        using var recovered = TestDevice.Value(await session.CompleteWithUndoAsync("new phone", undo)).Vault;
        Assert.Equal(("first a", "first b"), (await ReadAsync(recovered, "a"), await ReadAsync(recovered, "b")));
        Assert.DoesNotContain(recovered.Authorities, a => a.Id == stolen || a.Id == phone.Device);
        await AssertCodeOpensAsync(2);
    }

    [Fact]
    public async Task Where_only_the_phones_seal_is_bad_the_code_recovers_as_ever()
    {
        using var phone = await CreateAsync();
        var stolen = await SpoilAsync(phone, "a bad seal");
        using var session = TestDevice.Value(await _newPhone.Client.BeginRecoveryAsync(_code));
        Assert.Null(session.Spoiled);
        using var recovered = TestDevice.Value(await session.CompleteAsync("new phone", [stolen, phone.Device])).Vault;
        Assert.Equal("first a", await ReadAsync(recovered, "a"));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Who_did_it_and_made_a_code_before_keeps_no_way_in_and_the_account_gets_a_new_code(string way)
    {
        using var phone = await CreateAsync();
        using var thiefs = RecoveryCode.Generate(SystemRandom.Instance);
        using var next = RecoveryCode.Generate(SystemRandom.Instance);
        var stolen = await SpoilAsync(phone, way, thiefs);
        Assert.IsType<ClientFailure.Spoiled>(TestDevice.Failure(await phone.RefreshAsync()));
        var request = new RevocationRequest([stolen]) { Stolen = true, NewCode = next };
        Assert.Equal(2, phone.PlanRevocation(request).Goes.Length);
        var done = TestDevice.Value(await phone.RevokeAsync(request));
        Assert.Equal((2, null), (done.Removed.Length, done.NewCodeFailed));
        Assert.IsType<ClientFailure.UnknownCode>(
            TestDevice.Failure(await _newPhone.Client.BeginRecoveryAsync(thiefs)));
        using var drill = TestDevice.Value(await _newPhone.Client.BeginRecoveryAsync(next));
        Assert.Equal(2, TestDevice.Value(await drill.CheckItemsAsync()));
    }

    private async Task<VaultSession> CreateAsync() => await _phone.CreateAsync(
        await fixture.Server.TokenAsync(Canary.NewText()), _code, "phone",
        new ItemEdit.Put("a", "first a"u8.ToArray()), new ItemEdit.Put("b", "first b"u8.ToArray()));

    private async Task<AuthorityId> SpoilAsync(
        VaultSession phone, string way, RecoveryCode? made = null)
    {
        using var stolen = await _stolen.RecoverAsync(_code, name: "stolen phone");
        if (made is not null) TestDevice.Value(await stolen.AddCodeAsync(made));
        TestDevice.Value(await phone.RefreshAsync());
        await (way switch
        {
            "an unsound epoch" => Culprit.BeginUnsoundEpochAsync(_stolen),
            "a bad seal" => BadSeal.CommitAsync(_stolen, phone.Device),
            _ => Culprit.WriteNoiseAsync(_stolen),
        });
        return stolen.Device;
    }

    private async Task AssertCodeOpensAsync(int items)
    {
        using var other = new TestDevice(fixture.Server.Address);
        using var drill = TestDevice.Value(await other.Client.BeginRecoveryAsync(_code));
        Assert.Equal(items, TestDevice.Value(await drill.CheckItemsAsync()));
    }

    private static async Task<string> ReadAsync(VaultSession vault, string name) =>
        Encoding.UTF8.GetString(TestDevice.Value(await vault.GetAsync(name)));
}
