using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Sessions;

/// <summary>An account with code, passphrase, many items, in a call each, with tokens that an app fetches.</summary>
[Collection(ServerTests.Name)]
public sealed class CreateTests(ServerFixture fixture) : IDisposable
{
    private readonly RecoveryCode _code = RecoveryCode.Generate();
    private readonly Passphrase _passphrase =
        ((PassphraseParse.Ok)Passphrase.Parse("correct horse battery staple")).Passphrase;
    private readonly string _subject = Canary.NewText();
    private int _tokens;

    public void Dispose()
    {
        _code.Dispose();
        _passphrase.Dispose();
    }

    [Fact]
    public async Task A_code_and_a_passphrase_are_set_in_one_call_and_the_app_is_asked_for_its_token()
    {
        using var phone = Device();
        using (var vault = TestDevice.Value(await phone.Client.CreateAsync(null, Options(_passphrase))))
            Assert.True(vault.Passphrase.IsSet);
        Assert.Equal(1, _tokens);
        using var next = Device();
        using var recovery = TestDevice.Value(await next.Client.BeginPassphraseRecoveryAsync(_passphrase));
        Assert.Equal(2, _tokens);
        using var other = new TestDevice(fixture.Server.Address);
        Assert.IsType<ClientFailure.Invalid>(
            TestDevice.Failure(await other.Client.CreateAsync(null, Options(null))));
        using var failing = new TestDevice(
            fixture.Server.Address, adjust: o => o with { Token = _ => throw new TimeoutException() });
        Assert.IsType<ClientFailure.Transient>(
            TestDevice.Failure(await failing.Client.CreateAsync(null, Options(null))));
    }

    [Fact]
    public async Task A_passphrase_that_is_weak_makes_no_account_and_one_that_is_not_set_says_that_there_is_one()
    {
        using var phone = Device();
        using var weak = ((PassphraseParse.Ok)Passphrase.Parse("1234")).Passphrase;
        Assert.IsType<ClientFailure.WeakPassphrase>(
            TestDevice.Failure(await phone.Client.CreateAsync(null, Options(weak))));
        Assert.Equal((0, 0), (phone.Relay.Requests, _tokens));

        phone.Relay.OnRequest = (request, _) => request.RequestUri!.AbsolutePath == "/v1/realm/register"
            ? throw new HttpRequestException("away") : null;
        var failure = Assert.IsType<ClientFailure.CreatedWithoutPassphrase>(
            TestDevice.Failure(await phone.Client.CreateAsync(null, Options(_passphrase))));
        Assert.IsType<ClientFailure.Transient>(failure.Why);
        phone.Relay.OnRequest = null;
        using var vault = await phone.OpenAsync();
        Assert.False(vault.Passphrase.IsSet);
        TestDevice.Value(await vault.Passphrase.SetAsync(_passphrase, new SetPassphraseOptions()));
    }

    [Fact]
    public async Task Many_items_are_stored_in_a_call_that_tells_how_far_it_is()
    {
        using var phone = Device();
        using var vault = TestDevice.Value(await phone.Client.CreateAsync(null, Options(null)));
        var told = new Told();
        TestDevice.Value(await vault.PutManyAsync(
            Enumerable.Range(0, 70).Select(i => new ItemEdit.Put($"item {i:d2}", new byte[20_000])), told));
        Assert.Equal([(64, 70), (70, 70)], told.All);
        Assert.Equal(70, vault.Items.Length);
    }

    [Fact]
    public async Task A_call_ends_at_its_deadline_however_many_requests_it_makes()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var phone = Device();
        using (TestDevice.Value(await phone.Client.CreateAsync(null, Options(null)))) { }
        using var client = new KeyRecoveryClient(new KeyRecoveryOptions
        {
            Server = new Uri($"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}"), App = "demo",
            CallDeadline = TimeSpan.FromSeconds(2),
        }, phone.Store);
        using var vault = TestDevice.Value(await client.OpenOfflineAsync());
        var watch = Stopwatch.StartNew();
        var failure = Assert.IsType<ClientFailure.Transient>(
            TestDevice.Failure(await vault.PutAsync("a", "1"u8.ToArray())));
        Assert.Equal(NetworkCause.TooLate, failure.Cause);
        // A request alone may take a minute, and this call makes two: the commit, and the look whether it is done.
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(30));
    }

    private CreateOptions Options(Passphrase? passphrase) =>
        new() { DeviceName = "phone", Code = _code, Passphrase = passphrase };

    private TestDevice Device() => new(fixture.Server.Address, adjust: options => options with
    {
        Attempts = 2,
        RetryDelay = TimeSpan.FromMilliseconds(1),
        Token = async _ =>
        {
            _tokens++;
            return await fixture.Server.TokenAsync(_subject);
        },
    });

    private sealed class Told : IProgress<(int Done, int Of)>
    {
        public List<(int, int)> All { get; } = [];

        public void Report((int Done, int Of) value) => All.Add(value);
    }
}
