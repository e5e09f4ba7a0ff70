using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Hostile;

/// <summary>
/// F19, F20: a server that never comes to an end, and one that sends its visitors elsewhere, over real sockets and the
/// platform's own HTTP stack.
/// </summary>
public sealed class SlowAnswerTests
{
    private static readonly byte[] Head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"u8.ToArray();

    [Fact]
    public async Task F19_an_answer_that_dribbles_ends_as_unreachable_in_each_attempt_and_in_all()
    {
        await using var server = new RawServer(async (_, stream, ct) =>
        {
            await stream.WriteAsync(Head, ct);
            for (; ; await Task.Delay(50, ct)) await stream.WriteAsync(new byte[1], ct);
        });
        // Two attempts have time, and no third.
        var failure = await RecoverAsync(server, options => options with
        {
            RequestTimeout = TimeSpan.FromSeconds(1), RequestDeadline = TimeSpan.FromSeconds(2.5), Attempts = 100,
            RetryDelay = TimeSpan.FromMilliseconds(1),
        });
        Assert.IsType<ClientFailure.Transient>(failure);
        Assert.InRange(server.Heads.Count, 1, 4);
    }

    [Fact]
    public async Task F19_so_does_one_that_never_begins()
    {
        await using var server = new RawServer((_, _, ct) => Task.Delay(Timeout.Infinite, ct));
        Assert.IsType<ClientFailure.Transient>(await RecoverAsync(server, options => options with
        {
            RequestTimeout = TimeSpan.FromSeconds(30), RequestDeadline = TimeSpan.FromSeconds(1),
        }));
        Assert.Single(server.Heads);
    }

    // From -2^31 s to 2^31 - 1 s: none is refused, and none is kept to for longer than the call may take.
    [Theory]
    [InlineData(int.MinValue, 2)]
    [InlineData(0, 2)]
    [InlineData(int.MaxValue, 1)]
    public async Task F19_an_odd_pause_is_the_nearest_that_there_is(int seconds, int sent)
    {
        var answer = "HTTP/1.1 503 Away\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"u8.ToArray();
        await using var server = new RawServer((_, stream, ct) => stream.WriteAsync(answer, ct).AsTask());
        Assert.IsType<ClientFailure.Transient>(await RecoverAsync(server, options => options with
        {
            RequestDeadline = TimeSpan.FromSeconds(3), Attempts = 2, RetryDelay = TimeSpan.FromSeconds(seconds),
        }));
        Assert.Equal(sent, server.Heads.Count);
    }

    [Fact]
    public async Task F19_keys_are_kept_where_a_repeat_was_cut_off_whatever_the_first_was_told()
    {
        const string Told = "{\"type\":\"urn:keyrecovery:error:timeout\",\"title\":\"t\"}";
        var times = 0;
        await using var server = new RawServer(async (_, stream, ct) =>
        {
            if (Interlocked.Increment(ref times) > 1) await Task.Delay(Timeout.Infinite, ct);
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(
                $"HTTP/1.1 408 Late\r\nConnection: close\r\nContent-Length: {Told.Length}\r\n\r\n{Told}"), ct);
        });
        using var folder = new TempFolder();
        var store = new FileDeviceStore(folder["home"]);
        using var client = new KeyRecoveryClient(
            new KeyRecoveryOptions
            {
                Server = server.Address, App = "demo", RetryDelay = TimeSpan.FromMilliseconds(1),
                RequestDeadline = TimeSpan.FromSeconds(3),
            }, store);
        var create = new CreateOptions { DeviceName = "phone", Code = null };
        TestDevice.Failure(await client.CreateAsync("token", create));
        Assert.Equal(2, server.Heads.Count(head => head.StartsWith("POST /v1/accounts", StringComparison.Ordinal)));
        using var kept = await store.LoadAsync(default);
        Assert.NotNull(kept);
    }

    [Fact]
    public async Task F19_a_caller_who_cancels_is_told_so()
    {
        await using var server = new RawServer(async (_, stream, ct) =>
        {
            await stream.WriteAsync(Head, ct);
            await Task.Delay(Timeout.Infinite, ct);
        });
        using var client = Client(server, options => options);
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.BeginRecoveryAsync(code, ct: cancel.Token));
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task F20_a_redirect_is_told_and_nothing_follows_it(int status)
    {
        await using var elsewhere = new RawServer((_, stream, ct) => stream.WriteAsync(Head, ct).AsTask());
        await using var server = new RawServer((_, stream, ct) => stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status} Elsewhere\r\nLocation: {elsewhere.Address}v1/recovery\r\nContent-Length: 0\r\n\r\n"),
            ct).AsTask());
        var used = new SocketsHttpHandler();
        foreach (var handler in new HttpMessageHandler?[] { null, used, new HttpClientHandler(), new RelayHandler() })
        {
            using (handler)
            {
                var failure = await RecoverAsync(
                    server, options => options with { Handler = handler, Attempts = 1 });
                Assert.Equal(
                    NetworkCause.LoginPage, Assert.IsType<ClientFailure.Transient>(failure).Cause);
            }
        }

        Assert.Equal(4, server.Heads.Count);
        Assert.All(server.Heads, head => Assert.Contains("Signature:", head, StringComparison.Ordinal));
        Assert.Empty(elsewhere.Heads);
    }

    [Fact]
    public async Task F20_a_handler_that_is_in_use_and_follows_redirects_is_refused()
    {
        await using var server = new RawServer((_, stream, ct) => stream.WriteAsync(
            "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), ct).AsTask());
        using var used = new SocketsHttpHandler();
        using (var http = new HttpClient(used, disposeHandler: false)) await http.GetAsync(server.Address);
        Assert.Throws<ArgumentException>(() => Client(server, options => options with { Handler = used }));
    }

    private static KeyRecoveryClient Client(RawServer server, Func<KeyRecoveryOptions, KeyRecoveryOptions> adjust) =>
        new(adjust(new KeyRecoveryOptions { Server = server.Address, App = "demo" }),
            new FileDeviceStore(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())));

    private static async Task<ClientFailure> RecoverAsync(
        RawServer server, Func<KeyRecoveryOptions, KeyRecoveryOptions> adjust)
    {
        using var client = Client(server, adjust);
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        return TestDevice.Failure(await client.BeginRecoveryAsync(code));
    }
}
