using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Sessions;

/// <summary>An account is there without the network, and what is done without it is lost to nobody.</summary>
[Collection(ServerTests.Name)]
public sealed class OfflineTests(ServerFixture fixture) : IDisposable
{
    private readonly RecoveryCode _code = RecoveryCode.Generate();
    private readonly TempFolder _folder = new();
    private readonly List<IDisposable> _things = [];

    public void Dispose()
    {
        foreach (var thing in Enumerable.Reverse(_things)) thing.Dispose();
        _code.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_account_opens_at_once_on_a_port_that_says_nothing_and_its_items_are_read()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var phone = Device(WithCache);
        var before = DateTimeOffset.UtcNow.AddSeconds(-2);
        using (var vault = await CreateAsync(phone, Put("a", "first"), Put("b", "second")))
            Assert.Equal("second", Text(TestDevice.Value(await vault.GetAsync("b"))));

        using var later = new KeyRecoveryClient(
            WithCache(new KeyRecoveryOptions
            {
                Server = new Uri($"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}"), App = "demo",
            }), phone.Store);
        Assert.True(TestDevice.Value(await later.HasAccountAsync()));
        using var offline = TestDevice.Value(await later.OpenOfflineAsync());
        Assert.Equal(["a", "b"], offline.Items.Select(i => i.Name));
        Assert.InRange(offline.AsOf, before, DateTimeOffset.UtcNow.AddSeconds(2));
        Assert.Equal("second", Text(TestDevice.Value(await offline.GetAsync("b"))));
        Assert.Equal(offline.AsOf, Assert.Single(TestDevice.Value(await offline.GetAllAsync(["b"]))).AsOf);
        var read = TestDevice.Value(await offline.ReadAsync("b"));
        Assert.Equal((offline.AsOf, "b", "second"), (read.AsOf, read.Item.Name, Text(read.Content)));
        Assert.IsType<ClientFailure.NoSuchItem>(TestDevice.Failure(await offline.ReadAsync("c")));
        Assert.False(silent.Pending(), "somebody spoke to the network");
    }

    [Fact]
    public async Task A_device_without_an_account_or_with_one_that_was_never_finished_has_none()
    {
        var phone = Device();
        await HasNoneAsync();
        phone.Relay.OnRequest = (_, _) => throw new HttpRequestException("away");
        TestDevice.Failure(await phone.Client.CreateAsync(
            "token", new CreateOptions { DeviceName = "phone", Code = _code }));
        await HasNoneAsync();
        phone.Relay.OnRequest = null;
        using (await CreateAsync(phone)) Assert.True(TestDevice.Value(await phone.Client.HasAccountAsync()));
        await File.WriteAllTextAsync(Path.Combine(phone.Home, "device.sealed"), "not a state");
        Assert.IsType<ClientFailure.StoreFailed>(TestDevice.Failure(await phone.Client.HasAccountAsync()));
        Assert.IsType<ClientFailure.StoreFailed>(TestDevice.Failure(await phone.Client.OpenOfflineAsync()));

        async Task HasNoneAsync()
        {
            Assert.False(TestDevice.Value(await phone.Client.HasAccountAsync()));
            Assert.IsType<ClientFailure.DeviceState>(TestDevice.Failure(await phone.Client.OpenOfflineAsync()));
        }
    }

    [Fact]
    public async Task What_two_devices_did_apart_is_kept_and_what_both_changed_is_told_with_both_versions()
    {
        var (phone, laptop) = (Device(), Device());
        using (await CreateAsync(
            phone, Put("both", "0"), Put("gone here", "0"), Put("gone there", "0"), Put("mine", "0"),
            Put("same", "0"), Put("theirs", "0"))) { }
        using var there = await laptop.RecoverAsync(_code);

        phone.Relay.OnRequest = (_, _) => throw new HttpRequestException("away");
        using (var offline = TestDevice.Value(await phone.Client.OpenOfflineAsync()))
            TestDevice.Value(await offline.QueueAsync([
                Put("both", "phone"), new ItemEdit.Remove("gone here"), Put("gone there", "phone"), Put("mine", "old"),
                Put("new", "phone"), Put("same", "agreed"),
            ]));
        // The app is started anew, and thinks better of one of them.
        using (var offline = TestDevice.Value(await phone.Client.OpenOfflineAsync()))
        {
            TestDevice.Value(await offline.QueueAsync([Put("mine", "phone")]));
            Assert.Equal(6, offline.Queued.Length);
            Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await offline.SendQueuedAsync()));
        }
        TestDevice.Value(await there.EditAsync([
            Put("both", "laptop"), Put("gone here", "laptop"), new ItemEdit.Remove("gone there"),
            Put("same", "agreed"), Put("theirs", "laptop"),
        ]));

        phone.Relay.OnRequest = null;
        using var here = await phone.OpenAsync();
        var conflicts = Assert.IsType<ClientFailure.Conflict>(TestDevice.Failure(await here.SendQueuedAsync())).Items;
        Assert.Equal(
            [("both", "phone", "laptop"), ("gone here", null, "laptop"), ("gone there", "phone", null)],
            conflicts.Select(c => (c.Name, Text(c.Mine), Text(c.Theirs))).Order());
        await AssertHasAsync(
            there, ("both", "laptop"), ("gone here", "laptop"), ("mine", "phone"), ("new", "phone"),
            ("same", "agreed"), ("theirs", "laptop"));
        // What is not decided waits on, also for the next start.
        Assert.Equal(3, (await NextAsync(phone)).Queued.Length);

        TestDevice.Value(await here.PutAsync("both", "decided"u8.ToArray()));
        TestDevice.Value(await here.DropQueuedAsync(["gone here"]));
        TestDevice.Value(await here.PutAsync("gone there", "phone"u8.ToArray()));
        Assert.Empty(here.Queued);
        Assert.Empty((await NextAsync(phone)).Queued);
        await AssertHasAsync(
            there, ("both", "decided"), ("gone here", "laptop"), ("gone there", "phone"), ("mine", "phone"),
            ("new", "phone"), ("same", "agreed"), ("theirs", "laptop"));
    }

    [Fact]
    public async Task A_session_that_was_opened_offline_hears_of_a_conflict_too()
    {
        var (phone, laptop) = (Device(), Device());
        using (await CreateAsync(phone, Put("a", "0"))) { }
        using var offline = TestDevice.Value(await phone.Client.OpenOfflineAsync());
        using var there = await laptop.RecoverAsync(_code);
        TestDevice.Value(await there.EditAsync([Put("a", "laptop")]));
        var conflict = Assert.Single(Assert.IsType<ClientFailure.Conflict>(
            TestDevice.Failure(await offline.PutAsync("a", "phone"u8.ToArray()))).Items);
        Assert.Equal(("phone", "laptop"), (Text(conflict.Mine), Text(conflict.Theirs)));
        Assert.True(offline.AsOf > DateTimeOffset.UtcNow.AddMinutes(-1));
    }

    [Fact]
    public async Task What_was_sent_and_never_answered_is_no_conflict_of_the_device_with_itself()
    {
        var phone = Device();
        using var vault = await CreateAsync(phone, Put("a", "0"), Put("b", "0"));
        TestDevice.Value(await vault.QueueAsync([Put("a", "1"), new ItemEdit.Remove("b")]));
        using var killed = new CancellationTokenSource();
        phone.Relay.OnResponse = (request, _) =>
        {
            if (request.RequestUri!.AbsolutePath == "/v1/commits") killed.Cancel();
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => vault.SendQueuedAsync(killed.Token));
        phone.Relay.OnResponse = null;

        var next = await NextAsync(phone);
        Assert.Equal(2, next.Queued.Length);
        var version = next.Version;
        TestDevice.Value(await next.SendQueuedAsync());
        Assert.Empty(next.Queued);
        Assert.Equal(version, next.Version);
        await AssertHasAsync(next, ("a", "1"));
    }

    [Fact]
    public async Task More_than_may_wait_is_refused_and_what_waited_waits_on()
    {
        var phone = Device();
        using var vault = await CreateAsync(phone);
        TestDevice.Value(await vault.QueueAsync([Put("a", "0")]));
        ImmutableArray<ItemEdit> many = [.. Enumerable.Range(0, 64).Select(i => Put($"item {i}", "x"))];
        ImmutableArray<ItemEdit> large =
            [.. Enumerable.Range(0, 5).Select(i => new ItemEdit.Put($"item {i}", new byte[240_000]))];
        Assert.IsType<ClientFailure.Invalid>(TestDevice.Failure(await vault.QueueAsync(many)));
        Assert.IsType<ClientFailure.Invalid>(TestDevice.Failure(await vault.QueueAsync(large)));
        Assert.Equal("a", Assert.Single(vault.Queued).Name);
        TestDevice.Value(await vault.QueueAsync(many.RemoveAt(0)));
        Assert.Equal(64, vault.Queued.Length);
    }

    [Fact]
    public async Task The_cache_holds_no_plaintext_keeps_its_bound_and_is_not_believed()
    {
        var phone = Device(o => o with { ItemCache = new FileItemCache(_folder["cache"], 3_000) });
        using var vault = await CreateAsync(phone);
        var canary = RandomNumberGenerator.GetBytes(32);
        for (var i = 0; i < 8; i++)
            TestDevice.Value(await vault.PutAsync($"item {i}", canary.Concat(new byte[500]).ToArray()));
        Assert.InRange(Files().Sum(f => f.Length), 1_000, 3_000);
        Assert.All(Files(), f => Assert.Equal(-1, File.ReadAllBytes(f.FullName).AsSpan().IndexOf(canary)));

        var requests = phone.Relay.Requests;
        await ReadAsync("item 7");
        Assert.Equal(requests, phone.Relay.Requests);
        foreach (var file in Files()) await File.WriteAllBytesAsync(file.FullName, new byte[file.Length]);
        await ReadAsync("item 7");
        Assert.Equal(requests + 1, phone.Relay.Requests);
        TestDevice.Value(await vault.RemoveAsync("item 7"));
        Assert.IsType<ClientFailure.NoSuchItem>(TestDevice.Failure(await vault.GetAsync("item 7")));
        await phone.Client.ForgetAsync();
        Assert.Empty(Files());

        FileInfo[] Files() => new DirectoryInfo(_folder["cache"]).GetFiles();

        async Task ReadAsync(string name) =>
            Assert.Equal(canary, TestDevice.Value(await vault.GetAsync(name))[..canary.Length]);
    }

    private static ItemEdit.Put Put(string name, string text) => new(name, Encoding.UTF8.GetBytes(text));

    private static string? Text(ReadOnlyMemory<byte>? content) =>
        content is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : null;

    private static async Task AssertHasAsync(VaultSession vault, params (string Name, string Text)[] items)
    {
        TestDevice.Value(await vault.RefreshAsync());
        Assert.Equal(
            items, TestDevice.Value(await vault.GetAllAsync()).Select(i => (i.Item.Name, Text(i.Content)!)));
    }

    private KeyRecoveryOptions WithCache(KeyRecoveryOptions options) =>
        options with { ItemCache = new FileItemCache(_folder["cache"]) };

    // As a process that begins anew.
    private async Task<VaultSession> NextAsync(TestDevice device) => Kept(await device.OpenAsync());

    private async Task<VaultSession> CreateAsync(TestDevice device, params ItemEdit.Put[] items) =>
        await device.CreateAsync(await fixture.Server.TokenAsync(Canary.NewText()), _code, "phone", items);

    private TestDevice Device(Func<KeyRecoveryOptions, KeyRecoveryOptions>? adjust = null) =>
        Kept(new TestDevice(fixture.Server.Address, adjust: options => (adjust ?? (o => o))(options with
        {
            Attempts = 2, RetryDelay = TimeSpan.FromMilliseconds(1),
        })));

    private T Kept<T>(T thing)
        where T : IDisposable
    {
        _things.Add(thing);
        return thing;
    }
}
