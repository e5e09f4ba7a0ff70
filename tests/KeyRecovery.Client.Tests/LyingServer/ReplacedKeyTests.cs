using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// A server that puts keys of its own where an account's are gets nothing sealed to them: not by who knows the account,
/// not by who recovers or is linked, whatever they change afterwards.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class ReplacedKeyTests(ServerFixture fixture)
{
    public static TheoryData<string> Kinds => [.. ReplacedKeys.Kinds.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Z01_whatever_key_the_server_replaces_nothing_is_sealed_to_it(string kind)
    {
        await using var scene = await LiarScene.BeginAsync(fixture.Server);
        scene.TellsOwnHomeKey = ReplacedKeys.SignsHeads(kind);
        scene.TellVault(told => ReplacedKeys.Kinds[kind](scene.Keys, told));
        await ReadAsync(scene, isRefused: kind != ReplacedKeys.HomeKey);
        await ChangeAllAsync(scene);
        // Told that another was faster, a client reads before it writes: what it reads is the lie.
        var vaults = scene.Liar.Instead!;
        scene.Liar.Instead = heard => heard.Path == "/v1/commits"
            ? Told.Problem(409, ProblemTypes.StaleVersion) : vaults(heard);
        await ChangeAllAsync(scene);
        await AssertNothingAsync(scene);
    }

    [Theory]
    [InlineData("seals alone, all of them")]
    [InlineData("both keys of the first device, everywhere")]
    [InlineData("one more device, in the first one's name")]
    [InlineData("the home's key")]
    public async Task Z01_whatever_key_the_server_replaces_linking_seals_nothing_to_it(string kind)
    {
        await using var scene = await LiarScene.BeginAsync(fixture.Server);
        var laptop = scene.Device();
        await using var link = TestDevice.Value(await scene.OnPhone.BeginLinkAsync());
        using var code = ((LinkCodeParse.Ok)LinkCode.Parse(link.QrText)).Code;
        scene.TellsOwnHomeKey = ReplacedKeys.SignsHeads(kind);
        scene.TellVault(told => ReplacedKeys.Kinds[kind](scene.Keys, told));
        // Who has the account adds the other in its own right; who reads then is the one that was added.
        var vaults = scene.Liar.Instead!;
        scene.Liar.Forget();
        scene.Liar.Instead = heard => scene.Liar.Heard.Any(h => h.Path == "/v1/commits") ? vaults(heard) : null;
        var digits = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var existing = link.RunAsync(
            new LinkApproval
            {
                AskDigits = (_, ct) => digits.Task.WaitAsync(ct), Consent = (_, _) => Task.FromResult(true),
            },
            Lies.Seed());
        var joining = await laptop.Client.LinkAsync(
            code, new LinkJoin
            {
                DeviceName = "laptop", Platform = "test", ShowDigits = (shown, _) => digits.TrySetResult(shown),
            });
        await existing;
        if (joining is Result<Linked>.Ok { Value: var linked })
        {
            linked.Bundle.Dispose();
            linked.Vault.Dispose();
        }
        Assert.Contains(scene.Liar.Heard, heard => heard.Path == "/v1/vault");
        await AssertNothingAsync(scene);
    }

    [Fact]
    public async Task Z01_a_realms_key_that_is_not_the_pinned_one_gets_no_share()
    {
        await using var scene = await LiarScene.BeginAsync(fixture.Server);
        var pinned = new PinnedRealm
        {
            Name = "realm", Server = scene.Liar.Address, Fingerprint = Hash256.Of(Lies.Seed()).ToString(),
            Token = _ => ValueTask.FromResult("the realm's token"),
        };
        var laptop = scene.Device(options => options with { RealmGenerations = [new([pinned])] });
        using var vault = await laptop.RecoverAsync(scene.Code);
        var kem = System.Buffers.Text.Base64Url.EncodeToString(scene.Keys.Kem.PublicKey.Span);
        scene.Liar.Lie = (heard, told) => heard.Path == "/v1/realm"
            ? told with
            {
                Body = System.Text.Encoding.UTF8.GetBytes(System.Text.RegularExpressions.Regex.Replace(
                    System.Text.Encoding.UTF8.GetString(told.Body), "\"kemKey\":\"[^\"]+\"", $"\"kemKey\":\"{kem}\"")),
            }
            : told;
        using var passphrase =
            ((PassphraseParse.Ok)global::KeyRecovery.Passphrase.Parse("correct horse battery staple")).Passphrase;
        Assert.IsType<ClientFailure.RealmLied>(TestDevice.Failure(await vault.Passphrase.SetAsync(
            passphrase, new SetPassphraseOptions { Token = scene.Token })));
        Assert.Contains(scene.Liar.Heard, heard => heard.Path == "/v1/realm");
        Assert.DoesNotContain(scene.Liar.Heard, heard => heard.Path.StartsWith("/v1/realm/", StringComparison.Ordinal));
        await AssertNothingAsync(scene);
    }

    [Fact]
    public async Task Z01_no_configuration_of_the_server_is_asked_for()
    {
        await using var scene = await LiarScene.BeginAsync(fixture.Server);
        await ReadAsync(scene, isRefused: false);
        await ChangeAllAsync(scene);
        Assert.Contains(scene.Liar.Heard, heard => heard.Path == "/v1/commits");
        Assert.DoesNotContain(scene.Liar.Heard, heard => heard.Path == "/v1/config");
    }

    [Fact]
    public async Task Z01_negative_control_what_a_client_without_checks_seals_to_the_server_is_found()
    {
        await using var scene = await LiarScene.BeginAsync(fixture.Server);
        using var state = (await scene.Phone.Store.LoadAsync(default))!;
        using var signing = SigningKey.FromSeed(state.SigningSeed.Span);
        using var kem = KemPrivateKey.FromSeed(state.KemSeed.Span);
        var verdict = (VaultVerdict.Ok)VerifiedVault.Reopen(
            "demo", state.Known!, new OwnIdentity(state.Device, signing.PublicKey));
        using var open = verdict.Vault.Open(state.Device, kem).Vault!;

        // What every member's seal would be if the key of the keyset were believed: the liar opens it.
        var keyset = Keyset.Create(open.Keys.Current, [KeyValuePair.Create(state.Device, scene.Keys.Kem.PublicKey)]);
        var seal = keyset.Entries[0].Seal;
        var entry = Lies.Encode(keyset, [keyset.Entries[0] with { KemKey = kem.PublicKey }]);
        await new SignedUpload(scene.Phone).TrySendAsync(
            HttpMethod.Post, "/v1/commits", "application/cbor", entry.ToArray());
        Assert.Equal(1168, seal.Length);
        Assert.Contains("sealed to it", Assert.Single(await OpenedAsync(scene)), StringComparison.Ordinal);
        await new SignedUpload(scene.Phone).TrySendAsync(
            HttpMethod.Post, "/v1/commits", "application/cbor", keyset.Bytes.ToArray());
        Assert.Equal(2, (await OpenedAsync(scene)).Count);
    }

    /// <summary>Whether who knows the account, and who comes with the code, take it.</summary>
    private static async Task ReadAsync(LiarScene scene, bool isRefused)
    {
        var phone = await scene.OnPhone.RefreshAsync();
        var laptop = await scene.Device().Client.BeginRecoveryAsync(scene.Code);
        if (isRefused)
        {
            Assert.IsType<Result<VaultSession>.Failed>(phone);
            Assert.IsType<ClientFailure.ServerLied>(TestDevice.Failure(laptop));
        }
        else
        {
            TestDevice.Value(laptop).Dispose();
        }
    }

    /// <summary>All that seals: by the phone, and by who comes with the code. Some of it may well be refused.</summary>
    private static async Task ChangeAllAsync(LiarScene scene)
    {
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        var phone = scene.OnPhone;
        await phone.PutAsync("another", "content"u8.ToArray());
        await phone.AddCodeAsync(code);
        await phone.MendAsync();
        var read = await scene.Device().Client.BeginRecoveryAsync(scene.Code);
        if (read is not Result<RecoverySession>.Ok { Value: var session }) return;
        using (session)
            if (await session.CompleteAsync("laptop", []) is Result<Recovered>.Ok { Value: var recovered })
                recovered.Vault.Dispose();
    }

    private static async Task AssertNothingAsync(LiarScene scene)
    {
        // Something was sealed to somebody, or there was nothing to look through.
        Assert.Contains(scene.Liar.Heard, heard => heard.Path == "/v1/commits" && heard.Body.Length > 2000);
        Assert.Empty(await OpenedAsync(scene));
    }

    private static async Task<List<string>> OpenedAsync(LiarScene scene)
    {
        var ids = Lies.Links(await scene.TruthAsync()).SelectMany(l => l.Link.Add).Select(a => a.Id);
        return [.. scene.Keys.Opened(scene.Liar.Heard, scene.OnPhone.Account, ids).Distinct()];
    }
}
