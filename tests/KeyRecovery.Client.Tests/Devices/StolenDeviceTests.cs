using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Devices;

/// <summary>
/// What came in through a device that is stolen later. Here devices are trusted at once: a young one's code lets nobody
/// in, and there would be nothing to tell.
/// </summary>
public sealed class StolenDeviceTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private ServerProcess _server = null!;
    private TestDevice _phone = null!;
    private TestDevice _laptop = null!;
    private TestDevice _tablet = null!;

    public async Task InitializeAsync()
    {
        _server = await ServerProcess.StartAsync(
            _folder["data"], 0, ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"),
            ("Apps:0:Audience", "demo"), ("Apps:0:Policy:TrustAfterHours", "0"));
        (_phone, _laptop, _tablet) = (new(_server.Address), new(_server.Address), new(_server.Address));
    }

    public async Task DisposeAsync()
    {
        _phone.Dispose();
        _laptop.Dispose();
        _tablet.Dispose();
        _code.Dispose();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Revoking_a_stolen_device_removes_what_came_in_through_it_and_marks_the_slots_made_on_it()
    {
        using var onPhone = await CreateAsync();
        using var onLaptop = await _laptop.RecoverAsync(_code, name: "laptop");
        using var codeOfLaptop = RecoveryCode.Generate(SystemRandom.Instance);
        TestDevice.Value(await onLaptop.AddCodeAsync(codeOfLaptop));
        using var onTablet = await _tablet.RecoverAsync(codeOfLaptop, name: "tablet");
        TestDevice.Value(await onPhone.RefreshAsync());

        RevocationTests.AssertAre([onLaptop.Device], onPhone.PlanRevocation([onLaptop.Device], stolen: false).Remove);
        var plan = onPhone.PlanRevocation([onLaptop.Device], stolen: true);
        RevocationTests.AssertAre([onTablet.Device], plan.AddedByThem);
        using var slot = codeOfLaptop.DeriveSlot();
        RevocationTests.AssertAre([slot.Id], plan.Replace);

        var before = await RevocationTests.LinksAsync(_phone);
        var done = TestDevice.Value(await onPhone.RevokeAsync([onLaptop.Device], stolen: true));
        Assert.Equal(before + 1, await RevocationTests.LinksAsync(_phone));
        RevocationTests.AssertAre([onLaptop.Device, onTablet.Device], done.Removed);
        RevocationTests.AssertAre(plan.Replace, done.Replace);
        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(await onTablet.RefreshAsync()));
        RevocationTests.AssertAre([slot.Id], onPhone.Authorities.Where(a => a.Replace).Select(a => a.Id));
        TestDevice.Value(await onPhone.RenameDeviceAsync(slot.Id, "still marked"));
        Assert.True(onPhone.Authorities.Single(a => a.Id == slot.Id).Replace);
    }

    [Fact]
    public async Task A_device_that_came_in_through_the_stolen_one_stays_where_the_person_says_so()
    {
        using var onPhone = await CreateAsync();
        using var onLaptop = await _laptop.RecoverAsync(_code, name: "laptop");
        using var codeOfLaptop = RecoveryCode.Generate(SystemRandom.Instance);
        TestDevice.Value(await onLaptop.AddCodeAsync(codeOfLaptop));
        using var onTablet = await _tablet.RecoverAsync(codeOfLaptop, name: "tablet");
        TestDevice.Value(await onPhone.RefreshAsync());
        var done =
            TestDevice.Value(await onPhone.RevokeAsync([onLaptop.Device], stolen: true, keep: [onTablet.Device]));
        RevocationTests.AssertAre([onLaptop.Device], done.Removed);
        TestDevice.Value(await onTablet.RefreshAsync());
    }

    private async Task<VaultSession> CreateAsync() => await _phone.CreateAsync(
        await _server.TokenAsync("owner"), _code, "phone", new ItemEdit.Put("a", "first"u8.ToArray()));
}
