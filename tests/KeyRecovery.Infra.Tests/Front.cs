using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>
/// A proxy on this machine, with the file that operators are given. Only what is of their machine is another here:
/// addresses, the certificate, and where it keeps what it writes.
/// </summary>
internal sealed class Front : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly TempFolder _folder = new();
    private readonly LoopbackCertificate _certificate = new();
    private readonly StringBuilder _told = new();
    private readonly Process _process;

    private Front(Func<Front, int, ProcessStartInfo> made, int server)
    {
        File.WriteAllText(_folder["fullchain.pem"], _certificate.Certificate.ExportCertificatePem());
        using (var key = _certificate.Certificate.GetECDsaPrivateKey()!)
            File.WriteAllText(_folder["key.pem"], key.ExportPkcs8PrivateKeyPem());
        var start = made(this, server);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Where devices reach it.</summary>
    public Uri Address { get; private init; } = null!;

    /// <summary>All that it has told of itself.</summary>
    public string Told
    {
        get
        {
            var log = File.Exists(_folder["log"]) ? File.ReadAllText(_folder["log"]) : "";
            lock (_told) return _told + log;
        }
    }

    /// <summary>Starts nginx before a server on a port of this machine.</summary>
    public static Task<Front> NginxAsync(int port, int server) => StartAsync(port, (front, to) =>
    {
        var site = Changed(
            Infra.Files("proxies", "nginx.conf").Single(), ("listen 443 ", $"listen 127.0.0.1:{port} "),
            ("127.0.0.1:5080", $"127.0.0.1:{to}"), ("/etc/ssl/keys.example.org", front._folder.Path),
            ("/var/log/nginx/keyrecovery.log", front._folder["log"]));
        File.WriteAllText(front._folder["site.conf"], site);
        var places = string.Concat(((string[])["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
            .Select(place => $"{place}_temp_path {front._folder[place]};\n"));
        File.WriteAllText(front._folder["nginx.conf"], $$"""
            daemon off; master_process off;
            pid {{front._folder["pid"]}}; error_log stderr notice;
            events { }
            http { {{places}} include {{front._folder["site.conf"]}}; }
            """);
        return new ProcessStartInfo(
            Machine.PathOf(Need.Nginx), ["-p", front._folder.Path, "-e", "stderr", "-c", front._folder["nginx.conf"]]);
    }, server);

    /// <summary>Starts Caddy before a server on a port of this machine.</summary>
    public static Task<Front> CaddyAsync(int port, int server) => StartAsync(port, (front, to) =>
    {
        var site = Changed(
            Infra.Files("compose", "Caddyfile").Single(),
            ("{\n\tlog {\n", "{\n\tadmin off\n\tauto_https disable_redirects\n\tlog {\n"),
            ("\treverse_proxy ",
                $"\ttls {front._folder["fullchain.pem"]} {front._folder["key.pem"]}\n\treverse_proxy "));
        File.WriteAllText(front._folder["Caddyfile"], site);
        return new ProcessStartInfo(
            Machine.PathOf(Need.Caddy), ["run", "--adapter", "caddyfile", "--config", front._folder["Caddyfile"]])
        {
            Environment =
            {
                ["NAME"] = $"https://127.0.0.1:{port}", ["SERVER"] = $"127.0.0.1:{to}", ["HOME"] = front._folder.Path,
                ["XDG_DATA_HOME"] = front._folder.Path, ["XDG_CONFIG_HOME"] = front._folder.Path,
            },
        };
    }, server);

    /// <summary>A device that knows the server by this name, and trusts this certificate alone.</summary>
    public TestDevice Device()
    {
        var device = new TestDevice(Address);
        ((SocketsHttpHandler)device.Relay.InnerHandler!).SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, shown, _, _) => IsOurs(shown),
        };
        return device;
    }

    /// <summary>
    /// The first line of the answer to a request whose sender takes his time: 5 kB a second come of its body. A proxy
    /// may wait for the next of them before it passes on an answer, and not for the last.
    /// </summary>
    public async Task<string?> DripAsync(string path, string type, long length)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", Address.Port, limit.Token);
        await using var secured = new SslStream(socket.GetStream(), false, (_, shown, _, _) => IsOurs(shown));
        await secured.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "127.0.0.1" }, limit.Token);
        var head = $"POST {path} HTTP/1.1\r\nHost: {Address.Authority}\r\nContent-Type: {type}\r\n"
            + $"Content-Length: {length}\r\n\r\n";
        await secured.WriteAsync(Encoding.ASCII.GetBytes(head), limit.Token);
        using var reader = new StreamReader(secured, Encoding.ASCII);
        var answer = reader.ReadLineAsync(limit.Token).AsTask();
        try
        {
            while (!answer.IsCompleted)
            {
                await secured.WriteAsync(new byte[1_000], limit.Token);
                await Task.WhenAny(answer, Task.Delay(200, limit.Token));
            }
        }
        catch (IOException)
        {
            // It takes no more, as it has answered.
        }

        return await answer;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _certificate.Dispose();
        _folder.Dispose();
    }

    private static async Task<Front> StartAsync(int port, Func<Front, int, ProcessStartInfo> made, int server)
    {
        var front = new Front(made, server) { Address = new Uri($"https://127.0.0.1:{port}") };
        try
        {
            using var limit = new CancellationTokenSource(Limit);
            while (true)
            {
                if (front._process.HasExited)
                {
                    await front._process.WaitForExitAsync();
                    Assert.Fail(front.Told);
                }

                using var socket = new TcpClient();
                try
                {
                    await socket.ConnectAsync("127.0.0.1", port, limit.Token);
                    return front;
                }
                catch (SocketException)
                {
                    await Task.Delay(50, limit.Token);
                }
            }
        }
        catch
        {
            await front.DisposeAsync();
            throw;
        }
    }

    private static string Changed(string file, params (string From, string To)[] changes)
    {
        var text = File.ReadAllText(file);
        foreach (var (from, to) in changes)
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            text = text.Replace(from, to, StringComparison.Ordinal);
        }

        return text;
    }


    private void Hear(string? line)
    {
        lock (_told) _told.AppendLine(line);
    }

    private bool IsOurs(X509Certificate? shown) =>
        shown?.GetCertHashString() == _certificate.Certificate.GetCertHashString();
}
