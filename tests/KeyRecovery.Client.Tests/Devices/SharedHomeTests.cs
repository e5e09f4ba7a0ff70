using System.Text;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Devices;

/// <summary>
/// Two programs of one device, as an app and its service in the background, each with the account open: what one writes
/// into the home the other neither saves away nor brings back.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class SharedHomeTests : IDisposable
{
    private readonly ServerFixture _fixture;
    private readonly RecoveryCode _code = RecoveryCode.Generate();
    private readonly TestDevice _phone;
    private readonly KeyRecoveryClient _other;

    public SharedHomeTests(ServerFixture fixture)
    {
        _fixture = fixture;
        _phone = new TestDevice(fixture.Server.Address);
        _other = Client();
    }

    public void Dispose()
    {
        _other.Dispose();
        _phone.Dispose();
        _code.Dispose();
    }

    [Fact]
    public async Task Changes_that_both_let_wait_all_wait_and_one_that_was_sent_takes_no_later_one_with_it()
    {
        await CreateAsync();
        using (var here = await OfflineAsync(_phone.Client))
        using (var there = await OfflineAsync(_other))
        {
            TestDevice.Value(await here.QueueAsync([Put("a", "here"), Put("b", "here")]));
            TestDevice.Value(await there.QueueAsync([Put("c", "there"), Put("b", "there")]));
            Assert.Equal(["a", "b", "c"], await QueuedAsync());
            // It knows of b what it wrote itself.
            TestDevice.Value(await here.SendQueuedAsync());
            Assert.Equal(["b", "c"], await QueuedAsync());
        }
        using var next = await OfflineAsync(_other);
        Assert.Equal("there", Text(next.Queued.OfType<ItemEdit.Put>().Single(e => e.Name == "b").Content));
    }

    [Fact]
    public async Task What_one_has_verified_the_other_does_not_forget()
    {
        await CreateAsync();
        using var here = await OfflineAsync(_phone.Client);
        using (var there = TestDevice.Value(await _other.OpenAsync()))
            TestDevice.Value(await there.PutAsync("new", "x"u8.ToArray()));
        TestDevice.Value(await here.QueueAsync([Put("a", "here")]));
        using (var next = await OfflineAsync(_other)) Assert.Equal(["new"], next.Items.Select(i => i.Name));

        // Also where the older one has only now heard of something older.
        var version = here.Version;
        TestDevice.Value(await here.RefreshAsync());
        Assert.True(here.Version > version);
    }

    [Fact]
    public async Task Keys_that_were_forgotten_do_not_come_back_and_those_of_a_new_device_are_not_written_over()
    {
        await CreateAsync();
        using var open = TestDevice.Value(await _other.OpenAsync());
        TestDevice.Value(await _phone.Client.ForgetAsync());
        await AssertForgottenAsync(open.QueueAsync([Put("a", "late")]));
        await AssertForgottenAsync(open.PutAsync("a", "late"u8.ToArray()));
        // What reads goes on: it needs no home.
        TestDevice.Value(await open.RefreshAsync());
        Assert.False(TestDevice.Value(await _phone.Client.HasAccountAsync()));
        Assert.False(File.Exists(Path.Combine(_phone.Home, "device.key")));

        AuthorityId device;
        using (var again = await _phone.RecoverAsync(_code)) device = again.Device;
        await AssertForgottenAsync(open.QueueAsync([Put("a", "late")]));
        // The account takes it still, whose device it is; the home is another's.
        TestDevice.Value(await open.PutAsync("a", "late"u8.ToArray()));
        using var kept = await OfflineAsync(_phone.Client);
        Assert.Equal(device, kept.Device);
    }

    [Fact]
    public async Task Who_forgets_the_keys_waits_for_who_writes_them()
    {
        await CreateAsync();
        Task<Result<Done>> forgetting;
        var path = Path.Combine(_phone.Home, "device.lock");
        await using (File.Open(path, FileMode.Open, FileAccess.Write, FileShare.None))
        {
            forgetting = _other.ForgetAsync();
            Assert.False(forgetting.IsCompleted);
            Assert.True(File.Exists(Path.Combine(_phone.Home, "device.sealed")));
        }
        TestDevice.Value(await forgetting);
        Assert.False(TestDevice.Value(await _phone.Client.HasAccountAsync()));
    }

    private static async Task AssertForgottenAsync<T>(Task<Result<T>> call) => Assert.Contains(
        "forgotten", Assert.IsType<ClientFailure.StoreFailed>(TestDevice.Failure(await call)).Message,
        StringComparison.Ordinal);

    private async Task CreateAsync()
    {
        using var made = await _phone.CreateAsync(await _fixture.Server.TokenAsync(Canary.NewText()), _code);
    }

    private async Task<string[]> QueuedAsync()
    {
        using var client = Client();
        using var next = await OfflineAsync(client);
        return [.. next.Queued.Select(e => e.Name).Order()];
    }

    // As another process has it: a client and a store of its own.
    private KeyRecoveryClient Client() => new(
        new KeyRecoveryOptions { Server = _fixture.Server.Address, App = "demo" }, new FileDeviceStore(_phone.Home));

    private static async Task<VaultSession> OfflineAsync(KeyRecoveryClient client) =>
        TestDevice.Value(await client.OpenOfflineAsync());

    private static ItemEdit.Put Put(string name, string text) => new(name, Encoding.UTF8.GetBytes(text));

    private static string Text(ReadOnlyMemory<byte> content) => Encoding.UTF8.GetString(content.Span);
}
