using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.Client.Tests.Passphrases;

/// <summary>
/// What becomes of a passphrase at a realm of another operator when its user gets another login, and when the account
/// is erased at its home.
/// </summary>
public sealed class MovedAndErasedTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private string _subject = $"user-{Guid.NewGuid():N}";
    private ServerProcess _home = null!;
    private ServerProcess _realm = null!;
    private TestDevice _phone = null!;
    private VaultSession _vault = null!;

    public async Task InitializeAsync()
    {
        _home = await ServerProcess.StartAsync(
            _folder["home"], 0, [.. RealmsFixture.Settings, ("Apps:0:Policy:Erasure:HoldHours", "0")]);
        _realm = await ServerProcess.StartAsync(
            _folder["realm"], 0, [.. RealmsFixture.Settings, .. await _home.RealmSettingsAsync()]);
        var pin = new PinnedRealm
        {
            Name = "theirs", Server = _realm.Address, Fingerprint = await RealmsFixture.FingerprintAsync(_realm),
            Token = async _ => await _realm.TokenAsync(_subject),
        };
        _phone = new TestDevice(
            _home.Address, "demo", options => options with { RealmGenerations = [new([pin])], Attempts = 1 });
        var token = await _home.TokenAsync(_subject);
        _vault = await _phone.CreateAsync(token, _code, "phone");
        using var passphrase = RealmsFixture.Of(PassphraseWorld.Right);
        TestDevice.Value(await _vault.Passphrase.SetAsync(passphrase, new SetPassphraseOptions { Token = token }));
    }

    public async Task DisposeAsync()
    {
        _vault.Dispose();
        _phone.Dispose();
        await _home.DisposeAsync();
        await _realm.DisposeAsync();
        _folder.Dispose();
        _code.Dispose();
    }

    [Fact]
    public async Task A_passphrase_goes_along_to_the_new_login_and_the_old_one_guesses_no_more()
    {
        var before = _subject;
        Assert.Equal("ok", await GuessAsync(before));
        _subject = $"user-{Guid.NewGuid():N}";
        Assert.Equal("not-found", await GuessAsync(_subject));

        TestDevice.Value(await _vault.Passphrase.MoveAsync(await _home.TokenAsync(before)));

        Assert.Equal(("ok", "not-found"), (await GuessAsync(_subject), await GuessAsync(before)));
        Assert.Equal(RealmSlotState.Live, Assert.Single(TestDevice.Value(await _vault.Passphrase.StatusAsync())).State);
    }

    [Fact]
    public async Task The_receipt_of_an_erasure_is_brought_to_the_realm_and_only_who_is_known_there_objects()
    {
        Assert.Equal("ok", await GuessAsync(_subject));

        Assert.IsType<ErasureStatus.Erased>(TestDevice.Value(await _vault.RequestErasureAsync()));

        Assert.Equal("slot-paused", await GuessAsync(_subject));
        Assert.Equal("theirs", Assert.IsType<ClientFailure.RealmUnreachable>(
            TestDevice.Failure(await _vault.Passphrase.ObjectAsync())).Realm);
        Assert.Equal("slot-paused", await GuessAsync(_subject));
    }

    private async Task<string> GuessAsync(string subject)
    {
        using var http = new HttpClient { BaseAddress = _realm.Address };
        var realm = await TestRealmClient.ConnectAsync(http, await _realm.TokenAsync(subject));
        using var blind = OprfRequest.Blind("wrong"u8, SystemRandom.Instance);
        var slot = _vault.Authorities.Single(a => a.Kind == AuthorityKind.Passphrase).Id;
        var guess = new RealmEvaluate(slot, AttemptId.Draw(SystemRandom.Instance), blind.Blinded).Encode();
        return (await realm.SendAsync("evaluate", slot, guess, realm.Token)).Slug;
    }
}
