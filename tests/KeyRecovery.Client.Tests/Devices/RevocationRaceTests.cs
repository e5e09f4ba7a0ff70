using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Devices;

/// <summary>A commit of a device against its own revocation.</summary>
[Collection(ServerTests.Name)]
public sealed class RevocationRaceTests(ServerFixture fixture)
{
    private const int Rounds = 50;

    // An account takes 16 additions a day; two are of its beginning, and a round needs one.
    private const int RoundsPerAccount = 10;

    [Fact]
    public async Task A_commit_that_races_its_devices_revocation_comes_before_it_whole_or_not_at_all()
    {
        for (var round = 0; round < Rounds;)
        {
            using var code = RecoveryCode.Generate(SystemRandom.Instance);
            using var phone = new TestDevice(fixture.Server.Address);
            using var onPhone = await RevocationTests.NewAccountAsync(phone, fixture, code);
            for (var i = 0; i < RoundsPerAccount; i++) await RaceAsync(onPhone, code, round++);
        }
    }

    private async Task RaceAsync(VaultSession onPhone, RecoveryCode code, int round)
    {
        using var laptop = new TestDevice(fixture.Server.Address);
        using var onLaptop = await laptop.RecoverAsync(code, name: "laptop");
        TestDevice.Value(await onPhone.RefreshAsync());

        var content = BitConverter.GetBytes(round);
        var put = onLaptop.PutAsync($"round {round}", content);
        await Task.Delay(round % 5);
        var revoke = onPhone.RevokeAsync(new([onLaptop.Device]));
        await Task.WhenAll(put, revoke);

        RevocationTests.AssertAre([onLaptop.Device], TestDevice.Value(await revoke).Removed);
        Assert.DoesNotContain(onPhone.Authorities, a => a.Id == onLaptop.Device);
        TestDevice.Value(await onPhone.RefreshAsync());
        if (await put is Result<ItemInfo>.Failed failed)
        {
            Assert.IsType<ClientFailure.Revoked>(failed.Failure);
            Assert.DoesNotContain(onPhone.Items, i => i.Name == $"round {round}");
        }
        else
        {
            Assert.Equal(content, TestDevice.Value(await onPhone.GetAsync($"round {round}")));
        }

        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(await onLaptop.PutAsync("late", content)));
    }
}
