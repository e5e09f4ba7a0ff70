using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Recovery;

/// <summary>A recovery that breaks off in the middle blocks nothing and leaves no second device behind.</summary>
[Collection(ServerTests.Name)]
public sealed class InterruptedRecoveryTests(ServerFixture fixture)
{
    [Fact]
    public async Task A_lost_answer_to_the_commit_is_finished_by_recovering_again()
    {
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using var phone = new TestDevice(fixture.Server.Address);
        using var next = new TestDevice(fixture.Server.Address, adjust: o => o with { Attempts = 1 });
        using (await phone.CreateAsync(await fixture.Server.TokenAsync(Canary.NewText()), code)) { }

        using (var session = TestDevice.Value(await next.Client.BeginRecoveryAsync(code)))
        {
            next.Relay.OnAnswer = (_, _) => throw new HttpRequestException("the cable");
            Assert.IsType<ClientFailure.Transient>(
                TestDevice.Failure(await session.CompleteAsync("next", [.. session.Devices.Select(d => d.Id)])));
        }
        next.Relay.OnAnswer = null;

        using var vault = await next.RecoverAsync(code);
        Assert.Equal(vault.Device, Assert.Single(vault.Authorities, a => a.Kind == AuthorityKind.Device).Id);
    }

    [Fact]
    public async Task A_request_that_never_arrived_is_made_again()
    {
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using var phone = new TestDevice(fixture.Server.Address);
        using var next = new TestDevice(fixture.Server.Address, adjust: o => o with { Attempts = 1 });
        using (await phone.CreateAsync(await fixture.Server.TokenAsync(Canary.NewText()), code)) { }

        using (var session = TestDevice.Value(await next.Client.BeginRecoveryAsync(code)))
        {
            next.Relay.OnRequest = (_, _) => throw new HttpRequestException("no route");
            Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await session.CompleteAsync("next", [])));
        }
        Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await next.Client.OpenAsync()));
        next.Relay.OnRequest = null;
        Assert.IsType<ClientFailure.DeviceState>(TestDevice.Failure(await next.Client.OpenAsync()));
        using var vault = await next.RecoverAsync(code);
        Assert.Equal(2, vault.Authorities.Count(a => a.Kind == AuthorityKind.Device));
    }
}
