using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.EndToEnd.Tests.Backups;

/// <summary>
/// A home behind its realm (F07, F10): restored by the real verb it says so, and the realm follows a device that it
/// knows; put back by hand it claims nothing, and nobody follows.
/// </summary>
public sealed class RestoredRealmTests : IDisposable
{
    private const string Text = "correct horse battery staple";

    // What only a device does that is trusted is done at once.
    private static readonly (string, string)[] Trusting =
    [
        ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"), ("Apps:0:Audience", "demo"),
        ("Apps:0:Policy:TrustAfterHours", "0"),
    ];

    private readonly People _people = new();
    private readonly TempFolder _folder = new();
    private readonly List<TestDevice> _devices = [];
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly string _subject = $"person {Guid.NewGuid():N}";
    private ServerProcess _realm = null!;
    private RealmGeneration _pins = null!;

    public void Dispose()
    {
        foreach (var device in _devices) device.Dispose();
        _people.Dispose();
        _code.Dispose();
        _folder.Dispose();
    }

    [NeedsFact(Need.Faketime)]
    public async Task After_an_honest_restore_a_device_that_went_on_brings_the_realm_along_and_recovery_works()
    {
        await using var world = await RestoredSite.MakeAsync(_people, Trusting);
        var (phone, laptop) = await LiveAsync(world.Server);
        await world.BackupAsync();
        await ChangeAsync(phone);
        await world.RestoreAsync("all");

        // Nobody has been known for three days: the person hears of it, and nothing is lost meanwhile.
        await GoOnAsync(laptop);
        using (var vault = await laptop.OpenAsync())
        {
            Assert.IsType<ClientFailure.RestoredBehindRealm>(
                Assert.Single(TestDevice.Value(await vault.Passphrase.StatusAsync())).Concern);
        }

        await RestartAsync(world.Server);
        await GoOnAsync(laptop);
        using (var vault = await laptop.OpenAsync())
        {
            var status = Assert.Single(TestDevice.Value(await vault.Passphrase.StatusAsync()));
            Assert.Equal((RealmSlotState.Live, (string?)null), (status.State, status.Problem));
            // For thirty days it tells what it followed before.
            Assert.IsType<ClientFailure.RestoredBehindRealm>(status.Concern);
        }
        Assert.IsType<ClientFailure.RestoredBehindRealm>(TestDevice.Failure(await GuessAsync(world.Server, false)));
        using var session = TestDevice.Value(await GuessAsync(world.Server, true));
        Assert.Equal(1, TestDevice.Value(await session.CheckItemsAsync()));
        await _realm.DisposeAsync();
    }

    [NeedsFact(Need.Faketime)]
    public async Task A_home_that_was_put_back_without_a_claim_is_not_followed_and_told_of()
    {
        var home = await ServerProcess.StartAsync(_folder["home"], 0, Trusting);
        var port = home.Address.Port;
        var (phone, laptop) = await LiveAsync(home);
        await home.StopAsync();
        Copy(_folder["home"], _folder["before"]);
        home = await ServerProcess.StartAsync(_folder["home"], port, Trusting);
        await ChangeAsync(phone);
        await home.StopAsync();
        Directory.Delete(_folder["home"], recursive: true);
        Copy(_folder["before"], _folder["home"]);
        home = await ServerProcess.StartAsync(_folder["home"], port, Trusting);
        await RestartAsync(home);

        await GoOnAsync(laptop);

        using (var vault = await laptop.OpenAsync())
        {
            Assert.IsType<ClientFailure.RolledBackByRealm>(
                Assert.Single(TestDevice.Value(await vault.Passphrase.StatusAsync())).Concern);
        }
        Assert.IsType<ClientFailure.RolledBackByRealm>(TestDevice.Failure(await GuessAsync(home, false)));
        await home.DisposeAsync();
        await _realm.DisposeAsync();
    }

    // A phone and a laptop, and a passphrase at a realm of another operator that knows both.
    private async Task<(TestDevice Phone, TestDevice Laptop)> LiveAsync(ServerProcess home)
    {
        _realm = await ServerProcess.StartAsync(_folder["realm"], 0, await home.RealmSettingsAsync());
        using var http = new HttpClient { BaseAddress = _realm.Address };
        _pins = new RealmGeneration([new PinnedRealm
        {
            Name = "theirs", Server = _realm.Address, Token = async _ => await _realm.TokenAsync(_subject),
            Fingerprint = (await http.GetFromJsonAsync<JsonElement>("/v1/realm")).GetProperty("fingerprint")
                .GetString()!,
        }]);
        var (phone, laptop, token) = (Device(home), Device(home), await home.TokenAsync(_subject));
        using (var vault = await phone.CreateAsync(token, _code, "phone", new ItemEdit.Put("item", new byte[64])))
        using (var passphrase = ((PassphraseParse.Ok)Passphrase.Parse(Text)).Passphrase)
            TestDevice.Value(await vault.Passphrase.SetAsync(passphrase, new SetPassphraseOptions { Token = token }));
        using (await laptop.RecoverAsync(_code, name: "laptop")) { }
        return (phone, laptop);
    }

    // The home signs a head that only the phone and the realm hear of.
    private static async Task ChangeAsync(TestDevice phone)
    {
        using var vault = await phone.OpenAsync();
        TestDevice.Value(await vault.MendAsync());
    }

    // Past what the realm knows, by links of its own.
    private static async Task GoOnAsync(TestDevice laptop)
    {
        using var vault = await laptop.OpenAsync();
        for (var i = 0; i < 2; i++) TestDevice.Value(await vault.MendAsync());
    }

    private async Task RestartAsync(ServerProcess home)
    {
        var port = _realm.Address.Port;
        await _realm.StopAsync();
        _realm = await ServerProcess.StartAsync(
            _folder["realm"], port, RestoredSite.Ahead(TimeSpan.FromHours(73)), await home.RealmSettingsAsync());
    }

    private async Task<Result<RecoverySession>> GuessAsync(ServerProcess home, bool takesOlder)
    {
        using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse(Text)).Passphrase;
        return await Device(home).Client.BeginPassphraseRecoveryAsync(
            passphrase, await home.TokenAsync(_subject), takesOlder);
    }

    private TestDevice Device(ServerProcess home)
    {
        var device = new TestDevice(
            home.Address, "demo", options => options with { RealmGenerations = [_pins], Attempts = 1 });
        _devices.Add(device);
        return device;
    }

    private static void Copy(string from, string to)
    {
        foreach (var folder in Directory.GetDirectories(from, "*", SearchOption.AllDirectories).Prepend(from))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }
}
