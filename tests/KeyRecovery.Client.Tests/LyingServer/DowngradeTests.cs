using System.Text;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// No server makes a client read or write an older format, or choose another algorithm: there is one of each for every
/// object, its version is looked at before anything else, and nothing is sent because of what it says.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class DowngradeTests(ServerFixture fixture)
{
    private static readonly byte[] Versions = [0, 2, 0x17];

    public static TheoryData<string> Structures =>
        [Labels.Vault, Labels.Link, Labels.Manifest, Labels.Keyset, Labels.Head];

    [Theory]
    [MemberData(nameof(Structures))]
    public async Task Z07_an_unknown_version_of_what_a_vault_holds_is_refused_and_nothing_follows(string label)
    {
        await using var scene = await LiarScene.BeginAsync(fixture.Server);
        TestDevice.Value(await scene.OnPhone.MendAsync());
        var truth = (await scene.TruthAsync() with { Hashes = [] }).Encode();
        // Nobody writes a manifest or a keyset that somebody who is active does not read: that is no reason to upgrade.
        ClientFailure expected = label is Labels.Manifest or Labels.Keyset
            ? new ClientFailure.ServerLied(ProtocolFault.AboveFormat) : new ClientFailure.UpgradeRequired();
        foreach (var version in Versions)
        {
            var told = WithVersion(truth, label, version);
            scene.Liar.Instead = heard => heard.IsVault ? ErrorOracleTests.Vault(told) : null;
            scene.Liar.Forget();
            Assert.Equal(expected, TestDevice.Failure(await scene.OnPhone.RefreshAsync()));
            Assert.Equal(expected, TestDevice.Failure(await scene.Device().Client.BeginRecoveryAsync(scene.Code)));
            Assert.DoesNotContain(scene.Liar.Heard, heard => heard.Writes);
            Assert.Equal(2, scene.Liar.Heard.Count(heard => heard.IsVault));
        }
        // The control: what was changed is all that was wrong with it.
        scene.Liar.Instead = heard => heard.IsVault ? ErrorOracleTests.Vault(truth) : null;
        TestDevice.Value(await scene.OnPhone.RefreshAsync());
    }

    [Fact]
    public async Task Z07_an_unknown_version_of_an_item_of_many_items_or_of_a_restore_point_is_refused()
    {
        await using var scene = await LiarScene.BeginAsync(fixture.Server);
        TestDevice.Value(await scene.OnPhone.MendAsync());
        var point = TestDevice.Value(await scene.OnPhone.ListRestorePointsAsync())[0];
        foreach (var version in Versions)
        {
            scene.Liar.Lie = (heard, truth) => heard.Path == "/v1/items/read"
                || heard.Path.StartsWith("/v1/restore-points/", StringComparison.Ordinal)
                ? truth with { Body = WithVersion(truth.Body, Labels.ItemBatch, version, Labels.RestorePoint) } : truth;
            Assert.IsType<ClientFailure.UpgradeRequired>(TestDevice.Failure(await scene.OnPhone.GetAllAsync()));
            Assert.IsType<ClientFailure.UpgradeRequired>(
                TestDevice.Failure(await scene.OnPhone.PlanUndoAsync(new UndoRequest(point))));
            // An item's version is part of what its hash is made of: "KRI1".
            scene.Liar.Lie = (_, truth) =>
            {
                truth.Body[3] = (byte)('0' + version);
                return truth;
            };
            Assert.Equal(
                new ClientFailure.ServerLied(ProtocolFault.ItemHash),
                TestDevice.Failure(await scene.OnPhone.GetAsync("identity")));
        }
    }

    [Theory]
    [InlineData("kind of an authority")]
    [InlineData("kind of a slot")]
    public async Task Z07_a_kind_that_is_not_known_is_refused_before_any_use(string which)
    {
        await using var scene = await LiarScene.BeginAsync(fixture.Server);
        var truth = await scene.TruthAsync() with { Hashes = [] };
        var kind = which == "kind of a slot" ? AuthorityKind.Code : AuthorityKind.Device;
        var id = Lies.Links(truth)[0].Link.Add.Single(a => a.Kind == kind).Id.ToArray();
        var whole = truth.Encode();
        var at = whole.AsSpan().IndexOf(id) + id.Length;
        Assert.Equal((byte)kind, whole[at]);
        foreach (var other in new byte[] { 0, 6, 9, 0x17 })
        {
            var told = (byte[])whole.Clone();
            told[at] = other;
            scene.Liar.Instead = heard => heard.IsVault ? ErrorOracleTests.Vault(told) : null;
            Assert.IsType<ClientFailure.UpgradeRequired>(
                TestDevice.Failure(await scene.Device().Client.BeginRecoveryAsync(scene.Code)));
            Assert.IsType<ClientFailure.UpgradeRequired>(TestDevice.Failure(await scene.OnPhone.RefreshAsync()));
        }
        // A kind that is known, and not the one that was signed.
        whole[at] = (byte)(kind == AuthorityKind.Code ? AuthorityKind.Contact : AuthorityKind.Code);
        scene.Liar.Instead = heard => heard.IsVault ? ErrorOracleTests.Vault(whole) : null;
        Assert.IsType<ClientFailure.ServerLied>(
            TestDevice.Failure(await scene.Device().Client.BeginRecoveryAsync(scene.Code)));
    }

    [Fact]
    public async Task Z07_no_field_of_the_server_chooses_how_a_passphrase_is_stretched_or_asked_for()
    {
        await using var scene = await LiarScene.BeginAsync(fixture.Server);
        using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse("correct horse battery staple")).Passphrase;
        TestDevice.Value(await scene.OnPhone.Passphrase.SetAsync(
            passphrase, new SetPassphraseOptions { Token = scene.Token }));
        foreach (var version in Versions)
        {
            scene.Liar.Lie = (heard, truth) => heard.Path == "/v1/recovery/slots"
                ? truth with { Body = WithParameters(truth.Body, version) } : truth;
            scene.Liar.Forget();
            Assert.IsType<ClientFailure.UpgradeRequired>(TestDevice.Failure(
                await scene.Device().Client.BeginPassphraseRecoveryAsync(passphrase, scene.Token)));
            // No realm was asked, so nothing was stretched either.
            Assert.Equal("/v1/recovery/slots", Assert.Single(scene.Liar.Heard).Path);
        }
    }

    private static byte[] WithVersion(byte[] body, string label, byte version, string? orLabel = null)
    {
        var at = At(body, label);
        if (at < 0 && orLabel is not null) (label, at) = (orLabel, At(body, orLabel));
        Assert.True(at >= 0, label);
        var copy = (byte[])body.Clone();
        copy[at + label.Length] = version;
        return copy;
    }

    private static int At(byte[] body, string label) =>
        body.AsSpan().IndexOf(Encoding.ASCII.GetBytes(label + "\u0001"));

    private static byte[] WithParameters(byte[] answer, byte version)
    {
        var told = System.Text.Json.Nodes.JsonNode.Parse(answer)!;
        var slot = told["slots"]![0]!;
        Base64UrlText.TryDecodeUpTo(slot["parameters"]!.GetValue<string>(), Limits.ParameterBytes, out var bytes);
        slot["parameters"] = Base64UrlText.Encode(WithVersion(bytes, Labels.PassphraseSlot, version));
        return Encoding.UTF8.GetBytes(told.ToJsonString());
    }
}
