using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Passphrases;

/// <summary>
/// Realms that were told of the home know the account's chain: a home server, and another operator's. Who is active
/// there commands them, and no key of the account does.
/// </summary>
public sealed class KnowingRealmTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly string _subject = $"user-{Guid.NewGuid():N}";
    private readonly ServerProcess[] _servers = new ServerProcess[2];
    private readonly List<PinnedRealm> _pins = [];

    public async Task InitializeAsync()
    {
        _servers[0] = await ServerProcess.StartAsync(_folder["home"], 0, RealmsFixture.Settings);
        using var http = new HttpClient { BaseAddress = _servers[0].Address };
        var home = (await http.GetFromJsonAsync<JsonElement>("/audit/key")).GetProperty("key").GetString()!;
        _servers[1] = await ServerProcess.StartAsync(
            _folder["realm"], 0, [.. RealmsFixture.Settings, ("Apps:0:Policy:Homes:0", home)]);
        foreach (var server in _servers)
        {
            using var asked = new HttpClient { BaseAddress = server.Address };
            var told = await asked.GetFromJsonAsync<JsonElement>("/v1/realm");
            _pins.Add(new PinnedRealm
            {
                Name = $"realm {_pins.Count}", Server = server.Address,
                Fingerprint = told.GetProperty("fingerprint").GetString()!,
                Token = async _ => await server.TokenAsync(_subject),
            });
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var server in _servers) await server.DisposeAsync();
        _folder.Dispose();
        _code.Dispose();
    }

    [Fact]
    public async Task A_passphrase_is_set_recovers_is_paused_and_resumed_by_nothing_but_the_chain()
    {
        using var phone = Device();
        using var vault = await CreateAsync(phone);
        Assert.DoesNotContain("/v1/realm/manage", Sent(phone), StringComparison.Ordinal);
        Assert.All(await vault.Passphrase.StatusAsync(),
            s => Assert.Equal((RealmSlotState.Live, 10), (s.State, s.GuessesLeft)));

        Assert.Null(await vault.Passphrase.PauseAsync());
        using var laptop = Device();
        Assert.IsType<ClientFailure.PassphrasePaused>(TestDevice.Failure(await GuessAsync(laptop)));
        Assert.Null(await vault.Passphrase.ResumeAsync());
        using (var session = TestDevice.Value(await GuessAsync(laptop))) Assert.Empty(session.RealmReports);
        Assert.DoesNotContain("/v1/realm/manage", Sent(phone), StringComparison.Ordinal);
    }

    [Fact]
    public async Task F10_a_removed_device_is_nobody_to_the_realms_and_a_removed_passphrase_is_destroyed_there()
    {
        using var phone = Device();
        using var vault = await CreateAsync(phone);
        using var lost = Device();
        using var onLost = await lost.RecoverAsync(_code, name: "lost");
        Assert.All(await onLost.Passphrase.StatusAsync(), s => Assert.NotNull(s.State));
        TestDevice.Value(await vault.RefreshAsync());
        TestDevice.Value(await vault.RevokeAsync(new([onLost.Device])));

        Assert.All(await onLost.Passphrase.StatusAsync(), s => Assert.Null(s.State));
        Assert.NotNull(await onLost.Passphrase.PauseAsync());
        using (var laptop = Device())
        using (TestDevice.Value(await GuessAsync(laptop))) { }

        // What a machine knows of the slots that was asleep since: it is gone at the realms.
        using var asleep = Device();
        byte[]? slots = null;
        asleep.Relay.OnAnswer = (request, body) =>
            request.RequestUri!.AbsolutePath == "/v1/recovery/slots" ? slots ??= body : body;
        using (TestDevice.Value(await GuessAsync(asleep))) { }
        Assert.Null(await vault.Passphrase.RemoveAsync());
        Assert.IsType<ClientFailure.PassphraseLocked>(TestDevice.Failure(await GuessAsync(asleep)));
    }

    [Fact]
    public async Task F07_a_home_that_shows_an_older_vault_is_caught_by_what_it_signed_before()
    {
        using var phone = Device();
        using var vault = await CreateAsync(phone);
        byte[]? old = null;
        using var laptop = Device();
        laptop.Relay.OnAnswer = (request, body) =>
            request.RequestUri!.AbsolutePath == "/v1/recovery" ? old ??= body : body;
        using (TestDevice.Value(await GuessAsync(laptop))) { }
        using var another = RecoveryCode.Generate(SystemRandom.Instance);
        TestDevice.Value(await vault.AddCodeAsync(another));

        var failure = Assert.IsType<ClientFailure.RolledBackByRealm>(TestDevice.Failure(await GuessAsync(laptop)));

        Assert.False(failure.Head.IsEmpty);
        laptop.Relay.OnAnswer = null;
        using var session = TestDevice.Value(await GuessAsync(laptop));
    }

    private TestDevice Device() => new(_servers[0].Address, "demo", options => options with
    {
        RealmGenerations = [new RealmGeneration([.. _pins])], Attempts = 1,
    });

    private async Task<VaultSession> CreateAsync(TestDevice phone)
    {
        var token = await _servers[0].TokenAsync(_subject);
        var vault = await phone.CreateAsync(token, _code, "phone", new ItemEdit.Put("identity", "kept"u8.ToArray()));
        using var passphrase = RealmsFixture.Of(PassphraseWorld.Right);
        Assert.Null(await vault.Passphrase.SetAsync(passphrase, new SetPassphraseOptions { Token = token }));
        return vault;
    }

    private async Task<Result<RecoverySession>> GuessAsync(TestDevice device)
    {
        using var passphrase = RealmsFixture.Of(PassphraseWorld.Right);
        return await device.Client.BeginPassphraseRecoveryAsync(passphrase, await _servers[0].TokenAsync(_subject));
    }

    private static string Sent(TestDevice device) =>
        System.Text.Encoding.Latin1.GetString(device.Relay.Recorded.ToArray());
}
