using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Devices;

/// <summary>
/// Z16: the same keys in two places. Whoever sees what its own key has signed and it never sent says so. That it never
/// says so else is looked at wherever a test opens a device: <see cref="TestDevice.OpenAsync"/>.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class CloneTests(ServerFixture fixture) : IDisposable
{
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly TestDevice _phone = new(fixture.Server.Address) { IsCloned = true };
    private readonly TestDevice _clone = new(fixture.Server.Address) { IsCloned = true };
    private readonly TestDevice _laptop = new(fixture.Server.Address);

    public void Dispose()
    {
        _phone.Dispose();
        _clone.Dispose();
        _laptop.Dispose();
        _code.Dispose();
    }

    [Fact]
    public async Task Z16_each_of_two_that_write_with_the_same_keys_says_so_and_says_it_until_it_is_dismissed()
    {
        await CreateAsync();
        await CopyAsync();
        using (var vault = await _clone.OpenAsync()) TestDevice.Value(await vault.PutAsync("a", "clone"u8.ToArray()));
        using (var vault = await _phone.OpenAsync())
        {
            Assert.Equal(2ul, vault.CloneSuspected!.Version);
            Assert.InRange(vault.CloneSuspected.SeenAt, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);
            TestDevice.Value(await vault.PutAsync("b", "phone"u8.ToArray()));
        }
        using (var vault = await _clone.OpenAsync()) Assert.Equal(3ul, vault.CloneSuspected!.Version);
        using (var vault = await _phone.OpenAsync())
        {
            Assert.Equal(2ul, vault.CloneSuspected!.Version);
            TestDevice.Value(await vault.DismissCloneAsync());
            Assert.Null(vault.CloneSuspected);
        }
        using (var vault = await _phone.OpenAsync()) Assert.Null(vault.CloneSuspected);
        using (var vault = await _clone.OpenAsync()) TestDevice.Value(await vault.PutAsync("c", "clone"u8.ToArray()));
        using (var vault = await _phone.OpenAsync()) Assert.Equal(4ul, vault.CloneSuspected!.Version);
    }

    [Fact]
    public async Task Z16_a_session_that_runs_while_its_device_is_copied_hears_of_it_in_a_race_too()
    {
        await CreateAsync();
        // As a snapshot of a running machine: both go on with what they had in their memory.
        using var vault = await _phone.OpenAsync();
        await CopyAsync();
        using var copied = await _clone.OpenAsync();
        TestDevice.Value(await copied.PutAsync("a", "clone"u8.ToArray()));
        TestDevice.Value(await vault.PutAsync("b", "phone"u8.ToArray()));
        Assert.NotNull(vault.CloneSuspected);
        Assert.Null(copied.CloneSuspected);
        TestDevice.Value(await copied.RefreshAsync());
        Assert.NotNull(copied.CloneSuspected);
    }

    [Fact]
    public async Task Z16_a_link_that_a_copy_has_signed_is_seen_whoever_wrote_last()
    {
        await CreateAsync();
        using (await _laptop.RecoverAsync(_code, name: "laptop")) { }
        using (await _phone.OpenAsync()) { }
        await CopyAsync();
        using var added = RecoveryCode.Generate(SystemRandom.Instance);
        using (var vault = await _clone.OpenAsync()) TestDevice.Value(await vault.AddCodeAsync(added));
        using (var vault = await _laptop.OpenAsync()) TestDevice.Value(await vault.PutAsync("a", "laptop"u8.ToArray()));
        using (var vault = await _phone.OpenAsync()) Assert.NotNull(vault.CloneSuspected);
    }

    [Fact]
    public async Task Z16_a_copy_of_a_device_that_has_not_opened_its_account_yet_is_told_too()
    {
        _phone.Relay.OnAnswer = (_, _) => throw new HttpRequestException("the cable");
        var token = await fixture.Server.TokenAsync(Canary.NewText());
        var create = new CreateOptions { DeviceName = "phone", Code = null };
        Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await _phone.Client.CreateAsync(token, create)));
        _phone.Relay.OnAnswer = null;
        await CopyAsync();
        using (var vault = TestDevice.Value(await _clone.Client.CreateAsync(token, create)))
        {
            Assert.Null(vault.CloneSuspected);
            TestDevice.Value(await vault.PutAsync("a", "clone"u8.ToArray()));
        }
        using (var vault = TestDevice.Value(await _phone.Client.CreateAsync(token, create)))
            Assert.NotNull(vault.CloneSuspected);
    }

    [Fact]
    public async Task Z16_control_any_of_many_commits_without_an_answer_may_be_the_one_that_was_taken()
    {
        using var phone = new TestDevice(fixture.Server.Address, adjust: o => o with { Attempts = 1 });
        using (await phone.CreateAsync(await fixture.Server.TokenAsync(Canary.NewText()), null)) { }
        HttpRequestMessage? last = null;
        byte[] body = [];
        phone.Relay.OnRequest = (request, sent) =>
        {
            if (request.RequestUri!.AbsolutePath == "/v1/commits") (last, body) = (request, sent);
            throw new HttpRequestException("no route");
        };
        using (var vault = await OpenOfflineAsync(phone))
            for (var i = 0; i < 70; i++)
                Assert.IsType<ClientFailure.Transient>(
                    TestDevice.Failure(await vault.PutAsync("a", "unanswered"u8.ToArray())));
        phone.Relay.OnRequest = null;
        // Something in between kept the last of them, and brings it late.
        using (var late = new HttpClient())
        using (var request = new HttpRequestMessage(HttpMethod.Post, last!.RequestUri))
        {
            request.Content = new ByteArrayContent(body);
            foreach (var (name, values) in last.Content!.Headers)
                request.Content.Headers.TryAddWithoutValidation(name, values);
            foreach (var (name, values) in last.Headers) request.Headers.TryAddWithoutValidation(name, values);
            using var answer = await late.SendAsync(request);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }
        using (var vault = await phone.OpenAsync()) Assert.Equal(2ul, vault.Version);
    }

    [Fact]
    public async Task A_put_writes_the_devices_state_twice_before_it_is_sent_and_after_it_is_known()
    {
        var store = new CountingStore();
        using var client = new KeyRecoveryClient(
            new KeyRecoveryOptions { Server = fixture.Server.Address, App = "demo" }, store);
        var token = await fixture.Server.TokenAsync(Canary.NewText());
        using var vault = TestDevice.Value(
            await client.CreateAsync(token, new CreateOptions { DeviceName = "phone", Code = null }));
        var before = store.Saved;
        TestDevice.Value(await vault.PutAsync("a", "content"u8.ToArray()));
        Assert.Equal(2, store.Saved - before);
        TestDevice.Value(await vault.RefreshAsync());
        Assert.Equal(2, store.Saved - before);
    }

    private async Task CreateAsync()
    {
        using var vault = await _phone.CreateAsync(await fixture.Server.TokenAsync(Canary.NewText()), _code);
    }

    // With what a copied folder holds: keys, the vault and what was noted.
    private async Task CopyAsync()
    {
        using var state = await _phone.Store.LoadAsync(default);
        await _clone.Store.SaveAsync(state!, default);
    }

    // Open before the network goes.
    private static async Task<VaultSession> OpenOfflineAsync(TestDevice device)
    {
        var cut = device.Relay.OnRequest;
        device.Relay.OnRequest = null;
        var vault = await device.OpenAsync();
        device.Relay.OnRequest = cut;
        return vault;
    }

    private sealed class CountingStore : IDeviceStore
    {
        private byte[]? _state;

        public int Saved { get; private set; }

        public ValueTask<DeviceState?> LoadAsync(CancellationToken ct) =>
            ValueTask.FromResult(_state is null ? null : DeviceState.Decode(_state));

        public ValueTask SaveAsync(DeviceState state, CancellationToken ct)
        {
            using var encoded = state.Encode();
            _state = encoded.Span.ToArray();
            Saved++;
            return ValueTask.CompletedTask;
        }

        public ValueTask DeleteAsync(CancellationToken ct)
        {
            _state = null;
            return ValueTask.CompletedTask;
        }
    }
}
