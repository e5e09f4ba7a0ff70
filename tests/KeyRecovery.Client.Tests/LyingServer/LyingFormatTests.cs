using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>What is no vault is named as that, what is newer is an upgrade, and the truth is taken.</summary>
[Collection(ServerTests.Name)]
public sealed class LyingFormatTests(ServerFixture fixture) : LiedTo(fixture)
{
    [Fact]
    public async Task Negative_control_the_truth_through_the_same_relay_is_accepted()
    {
        using var vault = await CreateAsync();
        LieToNewcomers(told => told);
        Assert.IsType<Result<RecoverySession>.Ok>(await Laptop.Client.BeginRecoveryAsync(Code));
        LieToPhone(told => told);
        Assert.IsType<Result<VaultSession>.Ok>(await vault.RefreshAsync());
    }

    [Fact]
    public async Task Garbage_in_place_of_a_vault()
    {
        using var vault = await CreateAsync();
        Laptop.Relay.OnAnswer = (request, body) => IsVault(request) ? [0x80] : body;
        Assert.Equal(ProtocolFault.Malformed, await RecoverFaultAsync(Laptop));
    }

    [Fact]
    public async Task A_newer_format_is_an_upgrade_and_not_a_lie()
    {
        using var vault = await CreateAsync();
        Laptop.Relay.OnAnswer = (request, body) =>
        {
            if (!IsVault(request)) return body;
            var newer = (byte[])body.Clone();
            newer[1 + 1 + Labels.Vault.Length] = 2;
            return newer;
        };
        Assert.IsType<ClientFailure.UpgradeRequired>(
            TestDevice.Failure(await Laptop.Client.BeginRecoveryAsync(Code)));
    }
}
