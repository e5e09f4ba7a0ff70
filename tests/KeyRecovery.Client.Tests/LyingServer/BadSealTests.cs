using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// A device that seals badly to the code would be noticed when the phone has drowned; the other devices notice it
/// today.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class BadSealTests(ServerFixture fixture)
{
    [Fact]
    public async Task A_bad_seal_for_the_code_is_reported_stops_nobody_and_is_mended()
    {
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using var slot = code.DeriveSlot();
        using var phone = new TestDevice(fixture.Server.Address);
        using var laptop = new TestDevice(fixture.Server.Address);
        using var onPhone = await phone.CreateAsync(
            await fixture.Server.TokenAsync(Canary.NewText()), code, "phone",
            new ItemEdit.Put("identity", "content"u8.ToArray()));
        using (await laptop.RecoverAsync(code, name: "laptop")) { }

        await BadSeal.CommitAsync(phone, slot.Id);
        using var stopped = new TestDevice(fixture.Server.Address);
        using (var session = TestDevice.Value(await stopped.Client.BeginRecoveryAsync(code)))
        {
            // No server can have done that, and who did is named.
            Assert.Equal((onPhone.Device, ProtocolFault.OwnSeal), (session.Spoiled!.By, session.Spoiled.Fault));
            Assert.Equal(session.Spoiled, TestDevice.Failure(await session.CompleteAsync("new phone", [])));
        }

        using var onLaptop = await laptop.OpenAsync();
        Assert.Equal(slot.Id, Assert.Single(onLaptop.Authorities, a => a.SealIsBad).Id);
        Assert.Equal("content"u8.ToArray(), TestDevice.Value(await onLaptop.GetAsync("identity")));

        // A device of today begins no epoch: it says so, and whoever is trusted mends.
        Assert.IsType<ClientFailure.Refused>(TestDevice.Failure(await onLaptop.MendAsync()));
        TestDevice.Value(await onPhone.RefreshAsync());
        TestDevice.Value(await onPhone.MendAsync());
        TestDevice.Value(await onLaptop.RefreshAsync());
        Assert.DoesNotContain(onLaptop.Authorities, a => a.SealIsBad);
        using var recovered = await stopped.RecoverAsync(code);
        Assert.Equal("content"u8.ToArray(), TestDevice.Value(await recovered.GetAsync("identity")));
    }
}
