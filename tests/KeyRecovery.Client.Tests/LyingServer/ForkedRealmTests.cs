using KeyRecovery.Client.Tests.Passphrases;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// Two devices that a server keeps apart for ever, and whose heads never meet at one version, share a realm: whoever
/// asks it last hears of the other's branch (F10).
/// </summary>
// A server forks by a copy of its files.
[Trait("Store", "Files")]
public sealed class ForkedRealmTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly string _subject = Canary.NewText();
    private ForkingServer _home = null!;
    private ServerProcess _realm = null!;
    private PinnedRealm _pin = null!;

    public async Task InitializeAsync()
    {
        _home = await ForkingServer.StartAsync();
        _realm = await ServerProcess.StartAsync(_folder["realm"], 0, await _home.RealmSettingsAsync());
        _pin = new PinnedRealm
        {
            Name = "the realm", Server = _realm.Address,
            Fingerprint = await RealmsFixture.FingerprintAsync(_realm),
            Token = async _ => await _realm.TokenAsync(_subject),
        };
    }

    public async Task DisposeAsync()
    {
        _code.Dispose();
        await _home.DisposeAsync();
        await _realm.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(5, true, 2)]
    [InlineData(5, false, 2)]
    [InlineData(2, true, 5)]
    public async Task A_device_that_asks_the_realm_hears_of_a_branch_that_the_server_hides(
        int onFirst, bool hasLink, int onSecond)
    {
        using var phone = Device();
        using var laptop = Device();
        using var onPhone = await BeginAsync(phone);
        using var onLaptop = await laptop.RecoverAsync(_code, name: "laptop");
        TestDevice.Value(await onPhone.RefreshAsync());
        Assert.Null(Assert.Single(TestDevice.Value(await onLaptop.Passphrase.StatusAsync())).Concern);

        await _home.ForkAsync();
        _home.Be(_home.First);
        for (var i = 0; i < onFirst; i++) TestDevice.Value(await onPhone.PutAsync("a", new[] { (byte)i }));
        if (hasLink)
        {
            using var another = RecoveryCode.Generate(SystemRandom.Instance);
            TestDevice.Value(await onPhone.AddCodeAsync(another));
        }
        Assert.Null(Assert.Single(TestDevice.Value(await onPhone.Passphrase.StatusAsync())).Concern);

        _home.Be(_home.Second);
        for (var i = 0; i < onSecond; i++) TestDevice.Value(await onLaptop.PutAsync("a", new byte[] { (byte)i, 1 }));
        Assert.IsType<ClientFailure.RolledBackByRealm>(
            Assert.Single(TestDevice.Value(await onLaptop.Passphrase.StatusAsync())).Concern);
    }

    [Fact]
    public async Task Where_the_realm_took_the_later_branch_who_asks_next_hears_of_it()
    {
        using var phone = Device();
        using var laptop = Device();
        using var onPhone = await BeginAsync(phone);
        using var onLaptop = await laptop.RecoverAsync(_code, name: "laptop");
        TestDevice.Value(await onPhone.RefreshAsync());

        // Without a link the branches have one chain, and a realm has no trail to tell them by.
        await _home.ForkAsync();
        _home.Be(_home.First);
        TestDevice.Value(await onPhone.PutAsync("a", new byte[] { 1 }));
        Assert.Null(Assert.Single(TestDevice.Value(await onPhone.Passphrase.StatusAsync())).Concern);
        _home.Be(_home.Second);
        for (var i = 0; i < 4; i++) TestDevice.Value(await onLaptop.PutAsync("a", new byte[] { (byte)i, 1 }));
        TestDevice.Value(await onLaptop.Passphrase.StatusAsync());

        _home.Be(_home.First);
        TestDevice.Value(await onPhone.PutAsync("a", new byte[] { 2 }));
        Assert.IsType<ClientFailure.RolledBackByRealm>(
            Assert.Single(TestDevice.Value(await onPhone.Passphrase.StatusAsync())).Concern);
    }

    private async Task<VaultSession> BeginAsync(TestDevice phone)
    {
        var onPhone = await phone.CreateAsync(
            await _home.TokenAsync(_subject), _code, "phone", new ItemEdit.Put("a", "first"u8.ToArray()));
        TestDevice.Value(await onPhone.Passphrase.SetAsync(
            RealmsFixture.Of(PassphraseWorld.Right),
            new SetPassphraseOptions { Token = await _home.TokenAsync(_subject) }));
        return onPhone;
    }

    private TestDevice Device() => _home.Liar.Device(options => options with
    {
        RealmGenerations = [new RealmGeneration([_pin])],
    });
}
