using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using KeyRecovery.Client.Tests.Hostile;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Recovery;

/// <summary>
/// Z13: who runs the logins of an app can be away, bankrupt or in the hands of somebody who gives the person's number
/// to another: the code asks none of them.
/// </summary>
public sealed class IssuerDownTests : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Z13_the_code_recovers_while_the_token_issuer_is_unreachable()
    {
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        Uri jwks;
        await using (var issuer = new RawServer((_, stream, ct) => stream.WriteAsync(Jwks(), ct).AsTask()))
        {
            jwks = issuer.Address;
            await using var before = await StartAsync(jwks);
            using var phone = new TestDevice(before.Address);
            (await phone.CreateAsync(
                Token("alex"), code, "phone", new ItemEdit.Put("identity", "kept"u8.ToArray()))).Dispose();
            Assert.NotEmpty(issuer.Heads);
        }

        // Started anew, the server has none of the issuer's keys either.
        await using var server = await StartAsync(jwks);
        using var laptop = new TestDevice(server.Address, adjust: options => options with { Attempts = 1 });
        using var vault = await laptop.RecoverAsync(code);
        Assert.Equal("kept"u8.ToArray(), TestDevice.Value(await vault.GetAsync("identity")));
        TestDevice.Value(await vault.PutAsync("more", "new"u8.ToArray()));

        // The control: what needs a login does not work, and is told as something that passes.
        using var other = new TestDevice(server.Address, adjust: options => options with { Attempts = 1 });
        Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await other.Client.CreateAsync(
            Token("sam"), new CreateOptions { DeviceName = "phone", Code = null })));
    }

    private Task<ServerProcess> StartAsync(Uri jwks) => ServerProcess.StartAsync(_folder["server"], 0,
        ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "https://login.example.org"), ("Apps:0:Audience", "demo"),
        ("Apps:0:JwksUrl", jwks.ToString()));

    private byte[] Jwks()
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        var (x, y) = (Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));
        var body = $$"""{"keys":[{"kty":"EC","crv":"P-256","kid":"1","alg":"ES256","x":"{{x}}","y":"{{y}}"}]}""";
        return Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n{body}");
    }

    private string Token(string subject)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = JsonSerializer.SerializeToUtf8Bytes(
            new { iss = "https://login.example.org", aud = "demo", sub = subject, iat = now, exp = now + 600 });
        var head = Base64Url.EncodeToString("{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"1\"}"u8);
        var signed = $"{head}.{Base64Url.EncodeToString(claims)}";
        var signature = _key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }
}
