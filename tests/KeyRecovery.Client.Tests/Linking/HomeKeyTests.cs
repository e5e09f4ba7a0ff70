using System.Buffers.Text;
using System.Text.Json;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Linking;

/// <summary>
/// Where the app pins no key of the home server, a linked device believes the one under which the existing device has
/// verified, and no other that the server tells it.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class HomeKeyTests(ServerFixture fixture)
{
    [Fact]
    public async Task A_linked_device_keeps_the_key_that_the_existing_one_knows_without_asking_the_server()
    {
        await using var scene = await LinkScene.NewAsync(fixture);
        var asked = 0;
        scene.Laptop.Relay.OnRequest = (request, _) =>
        {
            if (request.RequestUri!.AbsolutePath == "/audit/key") Interlocked.Increment(ref asked);
            return null;
        };
        await scene.RunAsync();
        TestDevice.Value(await scene.Existing);
        TestDevice.Value(await scene.Joining);
        using var phone = await scene.Phone.Store.LoadAsync(default);
        using var laptop = await scene.Laptop.Store.LoadAsync(default);
        Assert.NotNull(phone!.HomeKey);
        Assert.Equal(phone.HomeKey, laptop!.HomeKey);
        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task A_server_with_another_key_for_the_new_device_is_found_out_each_time_and_costs_no_keys()
    {
        await using var scene = await LinkScene.NewAsync(fixture);
        using var other = SigningKey.FromSeed(new byte[SigningKey.SeedSize]);
        // All that it tells the new device is signed by that key, and right.
        scene.Laptop.Relay.OnAnswer = (request, body) => request.RequestUri!.AbsolutePath switch
        {
            "/audit/key" => JsonSerializer.SerializeToUtf8Bytes(
                new { key = Base64Url.EncodeToString(other.PublicKey.ToArray()) }),
            "/v1/vault" => Resigned(VaultBundle.Decode(body), other).Encode(),
            _ => body,
        };
        await scene.RunAsync();
        var unfinished = Assert.IsType<ClientFailure.LinkUnfinished>(TestDevice.Failure(await scene.Joining));
        Assert.IsType<ClientFailure.HomeKeyChanged>(unfinished.Why);
        TestDevice.Failure(await scene.Existing);
        // The phone has added it: what it told under the channel counts from then on too.
        Assert.IsType<ClientFailure.HomeKeyChanged>(TestDevice.Failure(await scene.Laptop.Client.OpenAsync()));
        scene.Laptop.Relay.OnAnswer = null;
        using var vault = TestDevice.Value(await scene.Laptop.Client.OpenAsync());
        Assert.Contains(vault.Authorities, a => a.Id == vault.Device);
    }

    [Fact]
    public async Task What_the_app_pins_goes_before_what_the_existing_device_knows()
    {
        using var other = SigningKey.FromSeed(new byte[SigningKey.SeedSize]);
        await using var scene = await LinkScene.NewAsync(
            fixture, laptop: options => options with { HomeKeys = [other.PublicKey] });
        scene.Laptop.Relay.OnAnswer = (request, body) => request.RequestUri!.AbsolutePath == "/v1/vault"
            ? Resigned(VaultBundle.Decode(body), other).Encode() : body;
        await scene.RunAsync();
        TestDevice.Value(await scene.Joining);
        using var laptop = await scene.Laptop.Store.LoadAsync(default);
        Assert.Null(laptop!.HomeKey);
    }

    private static VaultBundle Resigned(VaultBundle told, SigningKey by) =>
        told with { Head = SignedHead.Sign(SignedHead.Decode(told.Head).Head, by).Bytes };
}
