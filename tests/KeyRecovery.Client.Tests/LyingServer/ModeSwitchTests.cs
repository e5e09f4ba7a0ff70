using System.Collections.Immutable;
using System.Text;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// Whatever a server says, in what form or with what status, no client answers it with a key: every secret of an
/// account is a canary, and none is in anything that any server of the liar's hears.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class ModeSwitchTests(ServerFixture fixture)
{
    private const string Passphrase = "correct horse battery staple";

    public static TheoryData<string> Kinds => [.. ModeSwitches.Of(new Uri("http://127.0.0.1")).Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Z02_no_answer_makes_a_client_give_a_key_or_what_it_seals(string kind)
    {
        await using var scene = await LiarScene.BeginAsync(fixture.Server);
        await using var elsewhere = new Liar(fixture.Server.Address) { Instead = _ => new Told(200, "{}"u8.ToArray()) };
        // Of each guess the stretching costs more than all else: few kinds say something new to it.
        using var passphrase = kind is "unknown fields" or "redirects"
            ? ((PassphraseParse.Ok)global::KeyRecovery.Passphrase.Parse(Passphrase)).Passphrase : null;
        if (passphrase is not null)
            TestDevice.Value(await scene.OnPhone.Passphrase.SetAsync(
                passphrase, new SetPassphraseOptions { Token = scene.Token }));
        var canaries = await CanariesAsync(scene);
        foreach (var lie in ModeSwitches.Of(elsewhere.Address)[kind])
        {
            scene.Liar.Lie = (_, truth) => lie(truth);
            await LiveAsync(scene);
        }
        if (passphrase is not null) await GuessAsync(scene, passphrase);
        scene.Liar.Lie = null;
        canaries.AddRange(await CanariesAsync(scene));
        var scanner = new CanaryScanner(canaries);
        foreach (var heard in scene.Liar.Heard.Concat(elsewhere.Heard))
            Assert.Empty(scanner.Scan($"{heard.Method} {heard.Target}", heard.Bytes));
        Assert.True(scanner.Scanned > 10_000);
    }

    [Fact]
    public async Task Z02_negative_control_a_key_that_a_client_gives_is_found_in_each_spelling()
    {
        await using var scene = await LiarScene.BeginAsync(fixture.Server);
        var canaries = await CanariesAsync(scene);
        Assert.True(canaries.Count >= 8);
        var scanner = new CanaryScanner(canaries);
        using var http = new HttpClient { BaseAddress = scene.Liar.Address };
        foreach (var canary in canaries)
        {
            foreach (var (spelling, bytes) in canary.Spellings())
            {
                scene.Liar.Forget();
                using var answer = await http.PostAsync("/v1/key", new ByteArrayContent([1, 2, 3, .. bytes]));
                Assert.True(
                    scanner.Scan("key", Assert.Single(scene.Liar.Heard).Bytes).Any(), $"{canary.What} {spelling}");
            }
        }
    }

    /// <summary>All that a client asks for, each of which may fail and none may throw.</summary>
    private static async Task LiveAsync(LiarScene scene)
    {
        var phone = scene.OnPhone;
        await phone.RefreshAsync();
        await phone.PutAsync("identity", Encoding.UTF8.GetBytes(scene.Content));
        await phone.GetAsync("identity");
        await phone.GetAllAsync();
        await phone.HistoryAsync("identity");
        using (var code = RecoveryCode.Generate(SystemRandom.Instance)) await phone.AddCodeAsync(code);
        await phone.MendAsync();
        await phone.ErasureStatusAsync();
        var points = await phone.ListRestorePointsAsync();
        if (points is Result<ImmutableArray<RestorePointInfo>>.Ok { Value: [var point, ..] })
            await phone.PlanUndoAsync(new UndoRequest(point));
        if (await phone.BeginLinkAsync() is Result<ExistingDeviceLink>.Ok { Value: var link })
            await link.DisposeAsync();
        var read = await scene.Device().Client.BeginRecoveryAsync(scene.Code);
        if (read is not Result<RecoverySession>.Ok { Value: var session }) return;
        using (session)
        {
            await session.CheckItemsAsync();
            if (await session.CompleteAsync("laptop", []) is Result<Recovered>.Ok { Value: var recovered })
                recovered.Vault.Dispose();
        }
    }

    private static async Task GuessAsync(LiarScene scene, Passphrase passphrase)
    {
        if (await scene.Device().Client.BeginPassphraseRecoveryAsync(passphrase, scene.Token)
            is Result<RecoverySession>.Ok { Value: var session }) session.Dispose();
    }

    private static async Task<List<Canary>> CanariesAsync(LiarScene scene)
    {
        using var state = (await scene.Phone.Store.LoadAsync(default))!;
        using var signing = SigningKey.FromSeed(state.SigningSeed.Span);
        using var kem = KemPrivateKey.FromSeed(state.KemSeed.Span);
        var verdict = VerifiedVault.Reopen("demo", state.Known!, new OwnIdentity(state.Device, signing.PublicKey));
        using var open = ((VaultVerdict.Ok)verdict).Vault.Open(state.Device, kem).Vault!;
        var shown = scene.Code.ToDisplayString();
        return
        [
            Canary.Of("content", scene.Content), Canary.Of("passphrase", Passphrase), Canary.Of("code", shown),
            Canary.Of("code in one", shown.Replace(" ", "", StringComparison.Ordinal)),
            new Canary("signing seed", state.SigningSeed.Span.ToArray()),
            new Canary("KEM seed", state.KemSeed.Span.ToArray()),
            new Canary("epoch key", EpochKeyBytes.Of(open.Keys.Current)),
            new Canary("label key", open.Private.LabelKey.Span.ToArray()),
        ];
    }
}
