using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KeyRecovery.Client.Tests.Hostile;

/// <summary>A TLS server with a certificate that is not as it should be.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly X509Certificate2 _certificate;
    private readonly Task _running;

    /// <param name="name">Whom the certificate is for.</param>
    /// <param name="from">From when on, in days from now.</param>
    /// <param name="to">Until when.</param>
    public TlsServer(string name, int from = -1, int to = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address)) names.AddIpAddress(address);
        else names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var now = DateTimeOffset.UtcNow;
        using var made = request.CreateSelfSigned(now.AddDays(from), now.AddDays(to));
        _certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        _listener.Start();
        _running = RunAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Whether anything came through TLS.</summary>
    public bool HasRead { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        _listener.Stop();
        _certificate.Dispose();
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true) await ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token));
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                HasRead |= await ReadsAsync(client);
                await Farewell.SayAsync(client, _end.Token);
            }
            catch (Exception gone) when (gone is IOException or SocketException)
            {
                // The client had enough.
            }
        }
    }

    private async Task<bool> ReadsAsync(TcpClient client)
    {
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _end.Token);
            return await tls.ReadAsync(new byte[1], _end.Token) > 0;
        }
        catch (Exception refused) when (refused is IOException or AuthenticationException)
        {
            // The client does not like the certificate, or speaks no TLS.
            return false;
        }
    }
}
