using System.Net;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Sessions;

/// <summary>
/// An erasure that one device asked for, which may be stolen, is told to every other one that reads its vault.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class AnnouncedErasureTests(ServerFixture fixture) : IDisposable
{
    private const string Header = "Erasure-Due-In";

    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly TestDevice _phone = new(fixture.Server.Address);
    private readonly TestDevice _laptop = new(fixture.Server.Address);
    private readonly TestDevice _tablet = new(fixture.Server.Address);

    public void Dispose()
    {
        _phone.Dispose();
        _laptop.Dispose();
        _tablet.Dispose();
        _code.Dispose();
    }

    [Fact]
    public async Task Another_device_hears_of_it_when_it_opens_and_refreshes_changed_or_not_until_it_is_cancelled()
    {
        using var onPhone = await CreateAsync();
        using var onLaptop = await _laptop.RecoverAsync(_code, name: "laptop");
        var statuses = new List<HttpStatusCode>();
        _laptop.Relay.OnResponse = (request, response) =>
        {
            if (request.RequestUri!.AbsolutePath == "/v1/vault") statuses.Add(response.StatusCode);
        };
        TestDevice.Value(await onLaptop.RefreshAsync());
        Assert.Null(onLaptop.HeldErasure);
        Assert.IsType<ErasureStatus.Held>(TestDevice.Value(await onPhone.RequestErasureAsync()));
        AssertHeld(onPhone);

        TestDevice.Value(await onLaptop.RefreshAsync());
        AssertHeld(onLaptop);
        using (var again = await _laptop.OpenAsync()) AssertHeld(again);
        TestDevice.Value(await onPhone.PutAsync("a", "changed"u8.ToArray()));
        TestDevice.Value(await onLaptop.RefreshAsync());
        AssertHeld(onLaptop);

        TestDevice.Value(await onPhone.CancelErasureAsync());
        Assert.Null(onPhone.HeldErasure);
        TestDevice.Value(await onLaptop.RefreshAsync());
        Assert.Null(onLaptop.HeldErasure);
        using (var again = await _laptop.OpenAsync()) Assert.Null(again.HeldErasure);
        var (unchanged, changed) = (HttpStatusCode.NotModified, HttpStatusCode.OK);
        Assert.Equal([unchanged, unchanged, unchanged, changed, unchanged, unchanged], statuses);
    }

    [Fact]
    public async Task A_device_that_recovers_meanwhile_hears_of_it_and_its_code_alone_does_not()
    {
        using var onPhone = await CreateAsync();
        TestDevice.Value(await onPhone.RequestErasureAsync());
        var told = new Dictionary<string, bool>();
        _tablet.Relay.OnResponse = (request, response) => told[request.RequestUri!.AbsolutePath] =
            response.Headers.Contains(Header);
        using var onTablet = await _tablet.RecoverAsync(_code, name: "tablet");
        AssertHeld(onTablet);
        Assert.Equal((false, true), (told["/v1/recovery"], told["/v1/vault"]));
    }

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("259200000", 259_200_000L)]
    [InlineData("", null)]
    [InlineData("-1", null)]
    [InlineData("soon", null)]
    [InlineData("1,5", null)]
    [InlineData("99999999999999999999", null)]
    public async Task What_a_server_writes_there_hinders_no_opening(string written, long? milliseconds)
    {
        using (await CreateAsync()) { }
        _phone.Relay.OnResponse = (_, response) => response.Headers.TryAddWithoutValidation(Header, written);
        using var onPhone = await _phone.OpenAsync();
        Assert.Equal(milliseconds, (long?)onPhone.HeldErasure?.TotalMilliseconds);
    }

    private static void AssertHeld(VaultSession vault) =>
        Assert.InRange(vault.HeldErasure!.Value, TimeSpan.FromHours(71), TimeSpan.FromHours(72));

    private async Task<VaultSession> CreateAsync() =>
        await _phone.CreateAsync(await fixture.Server.TokenAsync(Guid.NewGuid().ToString()), _code, "phone",
            new ItemEdit.Put("a", "first"u8.ToArray()));
}
