using System.Text.RegularExpressions;

namespace KeyRecovery.Infra.Tests;

/// <summary>Templates go to everybody: no name, address or secret in them is anybody's.</summary>
public partial class PlaceholderTests
{
    // Names that no one has (RFC 2606), and those of platforms and registries that all have alike.
    private static readonly string[] Everybodys =
    [
        ".example", ".example.org", ".example.com", ".example.net", "example.org", ".kubernetes.io", "kubernetes.io",
        ".k8s.io", "data.documents.azure.com", "keys.documents.azure.com", "ring.vault.azure.net",
        "root.vault.azure.net", "account.blob.core.windows.net",
    ];

    // This machine, all addresses, networks of nobody (RFC 1918, RFC 6598), those of links (RFC 3927).
    private static readonly string[] Networks =
        ["127.", "0.0.0.0", "10.", "100.64.0.0", "172.16.", "172.30.", "192.168.", "169.254."];

    [Fact]
    public void No_file_names_a_host_an_address_or_a_secret()
    {
        var files = Directory.EnumerateFiles(Infra.Folder, "*", SearchOption.AllDirectories).ToList();
        Assert.True(files.Count >= 15);
        Assert.Empty(files.SelectMany(file => Found(File.ReadAllText(file)).Select(
            found => $"{Path.GetRelativePath(Infra.Folder, file)}: {found}")));
    }

    [Theory]
    [InlineData("server_name keys.contoso.com;")]
    [InlineData("Endpoint: https://prod-7.documents.azure.com/")]
    [InlineData("image: registry.contoso.io/keyrecovery")]
    [InlineData("server 203.0.113.7:5080;")]
    [InlineData("KeyRecovery__Ring__RootKey: 3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("password: 0123456789abcdef0123456789abcdef")]
    [InlineData("-----BEGIN PRIVATE KEY-----")]
    public void Each_would_be_found(string line) => Assert.Single(Found(line));

    private static IEnumerable<string> Found(string text) =>
        Host().Matches(text).Select(match => match.Value)
            .Where(host => !Everybodys.Any(end => end.StartsWith('.')
                ? host.EndsWith(end, StringComparison.Ordinal) : host == end))
            .Concat(Address().Matches(text).Select(match => match.Value)
                .Where(address => !Networks.Any(net => address.StartsWith(net, StringComparison.Ordinal))))
            .Concat(Secret().Matches(text).Select(match => match.Value));

    [GeneratedRegex(
        @"(?<![\w.$'])[a-z0-9-]+(?:\.[a-z0-9-]+)*"
        + @"\.(?:com|org|net|io|dev|cloud|app|eu|de|uk|example|local|internal)(?![\w.(])")]
    private static partial Regex Host();

    [GeneratedRegex(@"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")]
    private static partial Regex Address();

    // A key's head, base64 of 32 bytes and more, hex of 16 and more.
    [GeneratedRegex(@"-----BEGIN [A-Z ]+-----|(?<![\w+/])[A-Za-z0-9+/]{42,}={1,2}|(?<![\w-])[0-9a-f]{32,}(?![\w-])")]
    private static partial Regex Secret();
}
