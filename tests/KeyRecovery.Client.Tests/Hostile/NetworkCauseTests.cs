using System.Net;
using System.Net.Sockets;
using System.Text;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Hostile;

/// <summary>
/// What a person hears of a network that is in the way names the cause and accuses no server, over real sockets and the
/// platform's own HTTP stack.
/// </summary>
public sealed class NetworkCauseTests
{
    [Theory]
    [InlineData(200, NetworkCause.LoginPage)]
    [InlineData(302, NetworkCause.LoginPage)]
    [InlineData(307, NetworkCause.LoginPage)]
    [InlineData(401, NetworkCause.LoginPage)]
    [InlineData(403, NetworkCause.LoginPage)]
    [InlineData(407, NetworkCause.LoginPage)]
    [InlineData(511, NetworkCause.LoginPage)]
    [InlineData(404, NetworkCause.Middlebox)]
    [InlineData(413, NetworkCause.Middlebox)]
    [InlineData(429, NetworkCause.Middlebox)]
    [InlineData(451, NetworkCause.Middlebox)]
    [InlineData(502, NetworkCause.Middlebox)]
    public async Task A_page_is_a_networks_or_a_proxys_and_no_word_of_the_server(int status, NetworkCause cause)
    {
        const string page = "<html>Welcome to the hotel</html>";
        var answer = Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Type: text/html\r\n"
            + $"Location: http://login.invalid/\r\nContent-Length: {page.Length}\r\nConnection: close\r\n\r\n{page}");
        await using var server = new RawServer(async (_, stream, ct) => await stream.WriteAsync(answer, ct));
        Assert.Equal(cause, (await AskAsync(server.Address)).Cause);
        Assert.NotEmpty(server.Heads);
    }

    [Fact]
    public async Task A_certificate_that_is_refused_is_told_with_what_is_wrong_and_nothing_is_sent()
    {
        await using var untrusted = new TlsServer("127.0.0.1");
        await using var named = new TlsServer("elsewhere.example");
        await using var over = new TlsServer("127.0.0.1", from: -20, to: -10);
        await using var early = new TlsServer("127.0.0.1", from: 10, to: 20);
        foreach (var (server, cause) in new[]
        {
            (untrusted, NetworkCause.CertificateUntrusted), (named, NetworkCause.CertificateName),
            (over, NetworkCause.CertificateTime), (early, NetworkCause.CertificateTime),
        })
        {
            var failure = await AskAsync(new Uri($"https://127.0.0.1:{server.Port}"));
            Assert.Equal(cause, failure.Cause);
            Assert.Contains($"127.0.0.1:{server.Port}", failure.Message, StringComparison.Ordinal);
            Assert.False(server.HasRead);
        }
    }

    [Fact]
    public async Task Tls_and_plain_http_that_meet_are_told_apart()
    {
        await using var plain = new RawServer(
            async (_, stream, ct) => await stream.WriteAsync("no\r\n\r\n"u8.ToArray(), ct));
        await using var tls = new TlsServer("127.0.0.1");
        using var early = new TcpListener(IPAddress.Loopback, 0);
        early.Start();
        var asked = AskAsync(new Uri($"https://127.0.0.1:{((IPEndPoint)early.LocalEndpoint).Port}"));
        using (var client = await early.AcceptTcpClientAsync())
        {
            await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
            await Farewell.SayAsync(client, CancellationToken.None);
        }
        Assert.Equal(NetworkCause.NoTls, (await asked).Cause);
        Assert.Equal(NetworkCause.NoHttp, (await AskAsync(new Uri($"http://127.0.0.1:{tls.Port}"))).Cause);
        Assert.Equal(NetworkCause.NoHttp, (await AskAsync(plain.Address)).Cause);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_with_why()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        Assert.Equal(NetworkCause.NothingListens, (await AskAsync(new Uri($"http://127.0.0.1:{port}"))).Cause);
        foreach (var name in new[] { "keyrecovery.invalid", "m\u00fcnchen.invalid" })
            Assert.Equal(NetworkCause.NoSuchHost, (await AskAsync(new Uri($"http://{name}"))).Cause);
        await using var rude = new RawServer(async (_, stream, ct) =>
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"u8.ToArray(), ct));
        Assert.Equal(NetworkCause.ConnectionLost, (await AskAsync(rude.Address)).Cause);
    }

    private static async Task<ClientFailure.Transient> AskAsync(Uri server)
    {
        using var device = new TestDevice(server, adjust: options => options with
        {
            Handler = null, Attempts = 1, RequestDeadline = TimeSpan.FromSeconds(20),
        });
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        return Assert.IsType<ClientFailure.Transient>(
            TestDevice.Failure(await device.Client.BeginRecoveryAsync(code)));
    }
}
