using System.Security.Cryptography;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Api.Tests.Hosting;

/// <summary>
/// F34: a server in Production starts where its secrets are its owner's alone, or says what is wrong; all of the table
/// in docs/operations.md.
/// </summary>
public sealed class CarelessStartTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string KeyFile => Path.Combine(_directory.Path, "issuer.pem");

    public CarelessStartTests()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(KeyFile, key.ExportSubjectPublicKeyInfoPem());
    }

    public void Dispose() => _directory.Dispose();

    [NeedsTheory(Need.Linux)]
    [InlineData("ring", "KeyRecovery:Ring:Directory is open to other users")]
    [InlineData("keys", "KeyRecovery:Keys:Directory is open to other users")]
    [InlineData("stores", "KeyRecovery:Stores:Directory is open to other users")]
    [InlineData("ring/root.key", "root.key is open to other users")]
    [InlineData("ring/kek-ring", "kek-ring is open to other users")]
    public async Task F34_what_others_may_read_is_not_started_with(string path, string told)
    {
        Assert.Equal(0, (await HostProcess.RunAsync(["init", .. Production()])).ExitCode);
        Open(Path.Combine(_directory.Path, path));
        foreach (var verb in (string[])["serve", "init", "check"])
        {
            var (exitCode, output, error) = await HostProcess.RunAsync([verb, .. Production()]);
            Assert.Equal(1, exitCode);
            Assert.Contains(told, output + error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task F34_a_root_key_on_the_command_line_is_not_started_with()
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        foreach (var form in (string[][])[
            ["--KeyRecovery:Ring:RootKey", key], [$"--keyrecovery:ring:rootkey={key}"],
            [$"/KeyRecovery:Ring:RootKey={key}"],
        ])
        {
            var (exitCode, _, error) = await HostProcess.RunAsync(["serve", .. Production(), .. form]);
            Assert.NotEqual(0, exitCode);
            Assert.DoesNotContain(key, error, StringComparison.Ordinal);
            if (!form[0].StartsWith('/'))
                Assert.Contains("KeyRecovery:Ring:RootKey stands on the command line", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task F34_a_private_key_is_no_key_of_an_issuer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(2048);
        var secret = key.ExportParameters(includePrivateParameters: true);
        foreach (var content in (string[])[
            key.ExportPkcs8PrivateKeyPem(), key.ExportECPrivateKeyPem(), rsa.ExportRSAPrivateKeyPem(),
            $$"""{"keys":[{"kty":"EC","crv":"P-256","x":"{{Text(secret.Q.X!)}}","y":"{{Text(secret.Q.Y!)}}","d":"{{
                Text(secret.D!)}}"}]}""",
        ])
        {
            await File.WriteAllTextAsync(KeyFile, content);
            var (exitCode, _, error) = await HostProcess.RunAsync(["serve", .. Production()]);
            Assert.Equal((1, "KeyRecovery:Apps:0:KeyFile holds a private key, which makes tokens: give the public half "
                + "alone, and replace it.\n"), (exitCode, error));
        }
    }

    [NeedsFact(Need.Linux)]
    public async Task F34_what_is_bold_and_no_leak_is_started_with_and_said()
    {
        await using (var bold = await HostProcess.StartAsync(new(Settings())
        {
            ["Apps:0:Policy:TrustAfterHours"] = "0", ["Apps:0:Policy:Erasure:HoldHours"] = "0",
            ["Authority"] = "kr.example.com", ["Prometheus:Listen"] = "http://0.0.0.0:0",
        }, "Production", "http://0.0.0.0:0"))
        {
            foreach (var told in (string[])["without TLS", "trusts a new device at once", "erases at once",
                "answers beyond this machine"])
                Assert.Contains(told, bold.StandardOutput, StringComparison.Ordinal);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(bold.LogPath));
        }

        await using var careful = await HostProcess.StartAsync(Settings(), "Production");
        Assert.DoesNotContain("Careless", careful.StandardOutput, StringComparison.Ordinal);
    }

    private static string Text(byte[] bytes) => KeyRecovery.Protocol.Wire.Base64UrlText.Encode(bytes);

    private static void Open(string path) => File.SetUnixFileMode(
        path, File.GetUnixFileMode(path) | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

    private Dictionary<string, string> Settings() => new()
    {
        ["Apps:0:Id"] = "chat", ["Apps:0:Issuer"] = "https://id.example.com", ["Apps:0:Audience"] = "chat",
        ["Apps:0:KeyFile"] = KeyFile,
    };

    private string[] Production() => TestHost.Arguments(_directory, Settings(), "Production");
}
