using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KeyRecovery.Testing.Hosting;

/// <summary>
/// A certificate of tests for what stands in for a cloud on this machine, and the file by which other processes are
/// told to trust it (<c>SSL_CERT_FILE</c>, OpenSSL's own variable): no program has a switch that trusts everybody.
/// </summary>
public sealed class LoopbackCertificate : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>Makes one.</summary>
    /// <param name="hosts">Names that it is for, beside 127.0.0.1.</param>
    public LoopbackCertificate(params string[] hosts)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=emulated", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        foreach (var host in hosts) names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        var now = DateTimeOffset.UtcNow;
        Certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        File.WriteAllText(_folder["trusted.pem"], Certificate.ExportCertificatePem());
    }

    /// <summary>With its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>What a process has in its environment to trust it, and nobody else.</summary>
    public IReadOnlyDictionary<string, string> Environment =>
        new Dictionary<string, string> { ["SSL_CERT_FILE"] = _folder["trusted.pem"] };

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        _folder.Dispose();
    }
}
