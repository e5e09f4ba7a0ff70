using KeyRecovery.Client.Tests.LyingServer;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Linking;

/// <summary>
/// Z15: somebody lures a person into scanning a code of theirs, as if it were an invitation, or adds a device that
/// nobody sees. Photographed codes are in <see cref="StrangerTests"/>, relays in the middle in
/// <see cref="LyingRelayTests"/>.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class LureTests(ServerFixture fixture)
{
    [Fact]
    public async Task Z15_a_device_that_has_an_account_sends_nothing_where_it_is_lured_to_scan_a_code()
    {
        // The phone is the thief's, and shows the code; the person has an account of their own.
        await using var thief = await LinkScene.NewAsync(fixture);
        using var victim = new TestDevice(fixture.Server.Address);
        using var vault = await victim.CreateAsync(await fixture.Server.TokenAsync(Canary.NewText()), null);
        var (before, requests) = (vault.Version, victim.Relay.Requests);
        await thief.ShowAsync();
        Assert.IsType<ClientFailure.DeviceState>(
            TestDevice.Failure(await LinkScene.ScanAsync(victim, thief.QrText)));
        Assert.Equal(requests, victim.Relay.Requests);
        Assert.False(thief.Existing.IsCompleted);
        await thief.CancelAsync();
        Assert.Null(thief.Asked);
        using var again = await victim.OpenAsync();
        Assert.Equal((before, 1), (again.Version, again.Authorities.Length));
    }

    [Fact]
    public async Task Z15_a_new_device_that_is_lured_joins_nothing_where_its_person_does_not_hand_the_digits_over()
    {
        await using var thief = await LinkScene.NewAsync(fixture);
        var shown = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        // What the new device shows, the thief does not see.
        await thief.ShowAsync(async () => await shown.Task == "000000" ? "000001" : "000000");
        using var victim = new TestDevice(fixture.Server.Address);
        var ended = new ClientFailure.LinkEnded(LinkFailure.WrongDigits);
        Assert.Equal(ended, TestDevice.Failure(
            await LinkScene.ScanAsync(victim, thief.QrText, digits => shown.TrySetResult(digits))));
        Assert.Equal(ended, TestDevice.Failure(await thief.Existing.WaitAsync(TimeSpan.FromMinutes(1))));
        Assert.Null(await victim.Store.LoadAsync(default));
    }

    [Theory]
    [InlineData("one more device, which signs for itself")]
    [InlineData("one more device, in the first one's name")]
    public async Task Z15_a_device_that_the_server_adds_is_nobodys_and_makes_the_server_a_liar(string kind)
    {
        await using var scene = await LiarScene.BeginAsync(fixture.Server);
        var before = scene.OnPhone.Authorities.Select(a => a.Id).ToList();
        // The liar is the home, with the home's key: what it adds is refused for what it is.
        TestDevice.Value(await scene.Phone.Client.ForgetHomeKeyAsync());
        scene.TellsOwnHomeKey = true;
        scene.TellVault(told => ReplacedKeys.Kinds[kind](scene.Keys, told));
        var lie = Assert.IsType<ClientFailure.RolledBack>(TestDevice.Failure(await scene.Phone.Client.OpenAsync()));
        Assert.Contains(lie.Fault, new[] { ProtocolFault.LinkSignature, ProtocolFault.UnknownSigner });
        Assert.IsType<ClientFailure.ServerLied>(
            TestDevice.Failure(await scene.Device().Client.BeginRecoveryAsync(scene.Code)));
        scene.Liar.Instead = null;
        using var vault = await scene.Phone.OpenAsync();
        Assert.Equal(before, vault.Authorities.Select(a => a.Id));
    }

    [Fact]
    public async Task Z15_a_device_that_somebody_lets_in_is_seen_by_all_others_with_who_and_when_whatever_its_name()
    {
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using var phone = new TestDevice(fixture.Server.Address);
        using var laptop = new TestDevice(fixture.Server.Address);
        using var extra = new TestDevice(fixture.Server.Address);
        using var onPhone = await phone.CreateAsync(await fixture.Server.TokenAsync(Canary.NewText()), code);
        using (await laptop.RecoverAsync(code, name: "laptop")) { }
        using var onExtra = await extra.RecoverAsync(code, name: "phone");
        // Both did nothing, and hear of it when they look.
        using var onLaptop = await laptop.OpenAsync();
        TestDevice.Value(await onPhone.RefreshAsync());
        foreach (var vault in new[] { onPhone, onLaptop })
        {
            var seen = vault.Authorities.Single(a => a.Id == onExtra.Device);
            Assert.Equal(AuthorityKind.Code, vault.Authorities.Single(a => a.Id == seen.AddedBy).Kind);
            Assert.InRange(seen.Added, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(1));
            Assert.True(seen.TrustedFrom > DateTimeOffset.UtcNow.AddHours(71));
        }
    }
}
