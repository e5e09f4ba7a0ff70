using System.Text.Json;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Passphrases;

/// <summary>
/// Z05: a home server that tells other stretching parameters than the chain's. Outside the limits no realm is asked and
/// no memory taken; within them, nothing that was derived from the passphrase leaves the device.
/// </summary>
[Collection(RealmTests.Name)]
public sealed class LyingParameterTests(RealmsFixture fixture)
{
    [Theory]
    [InlineData(1, 32_768, 1)]
    [InlineData(2, 19_455, 1)]
    [InlineData(4, 32_768, 0)]
    [InlineData(17, 19_456, 1)]
    [InlineData(2, 1_048_577, 1)]
    [InlineData(16, 1_048_576, 1)]
    [InlineData(4, 32_768, 17)]
    [InlineData(4, 9_007_199_254_740_991, 1)]
    [InlineData(9_007_199_254_740_991, 32_768, 1)]
    public async Task Z05_below_the_floor_and_above_the_cap_nobody_is_asked_anything(long t, long m, long p)
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1]);
        using var laptop = world.NewDevice();
        Tell(laptop, told => Encode(told, t, m, p, told.Threshold));

        var failure = Assert.IsType<ClientFailure.ServerLied>(
            TestDevice.Failure(await world.GuessAsync(laptop, PassphraseWorld.Right)));

        Assert.Equal(ProtocolFault.SlotParameters, failure.Fault);
        Assert.Equal(1, laptop.Relay.Requests);
    }

    [Theory]
    [InlineData(2, 19_456, 1)]
    [InlineData(3, 32_768, 1)]
    [InlineData(4, 32_768, 2)]
    public async Task Z05_within_both_but_not_the_chains_nothing_derived_leaves_the_device(long t, long m, long p)
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1]);
        using var laptop = world.NewDevice();
        Tell(laptop, told => Encode(told, t, m, p, told.Threshold));

        Assert.IsType<ClientFailure.WrongPassphrase>(
            TestDevice.Failure(await world.GuessAsync(laptop, PassphraseWorld.Right)));

        var sent = System.Text.Encoding.Latin1.GetString(laptop.Relay.Recorded.ToArray());
        Assert.Contains("/v1/realm/evaluate", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("Signature", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("/v1/realm/reset", sent, StringComparison.Ordinal);
        // The control: told the truth, the same device signs.
        laptop.Relay.OnAnswer = null;
        using var session = TestDevice.Value(await world.GuessAsync(laptop, PassphraseWorld.Right));
        Assert.Contains("Signature", System.Text.Encoding.Latin1.GetString(laptop.Relay.Recorded.ToArray()),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Z05_another_threshold_than_the_chains_that_gives_the_same_key_is_a_lie_and_brings_nothing_back()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        using var laptop = world.NewDevice();
        var profile = StretchProfile.Mobile;
        Tell(laptop, told => Encode(told, profile.Passes, profile.MemoryKiB, profile.Lanes, 3));

        var failure = Assert.IsType<ClientFailure.ServerLied>(
            TestDevice.Failure(await world.GuessAsync(laptop, PassphraseWorld.Right)));

        Assert.Equal(ProtocolFault.SlotParameters, failure.Fault);
        Assert.All(TestDevice.Value(await world.Vault.Passphrase.StatusAsync()), s => Assert.Equal(10, s.GuessesLeft));
    }

    private static void Tell(TestDevice device, Func<PassphraseParameters, byte[]> lie) =>
        device.Relay.OnAnswer = (request, body) =>
        {
            if (request.RequestUri!.AbsolutePath != "/v1/recovery/slots") return body;
            var told = JsonNode.Parse(body)!;
            var slot = told["slots"]![0]!;
            Assert.True(Base64UrlText.TryDecodeUpTo(
                (string)slot["parameters"]!, Limits.ParameterBytes, out var bytes));
            Assert.True(PassphraseParameters.TryRead(bytes, out var parameters));
            slot["parameters"] = Base64UrlText.Encode(lie(parameters));
            return JsonSerializer.SerializeToUtf8Bytes(told);
        };

    // As PassphraseParameters.Encode, which makes no false ones.
    private static byte[] Encode(PassphraseParameters of, long t, long m, long p, int threshold)
    {
        var body = new CborOut().Array(7).Text("keyrecovery/v1/passphrase-slot").UInt(1)
            .UInt((ulong)t).UInt((ulong)m).UInt((ulong)p).UInt((ulong)threshold).Array(of.Realms.Length);
        foreach (var realm in of.Realms) body = body.Array(2).Bytes(realm.Realm).Bytes(realm.ShareKey.ToArray());
        return body.ToArray();
    }
}
