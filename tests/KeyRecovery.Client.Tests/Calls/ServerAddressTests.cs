using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Calls;

/// <summary>A server's address is an origin: what says more is refused, with what to give instead.</summary>
public sealed class ServerAddressTests
{
    [Theory]
    [InlineData("https://host.example/keys", "give https://host.example")]
    [InlineData("https://host.example/keys/", "give https://host.example")]
    [InlineData("https://host.example:8443/v1", "give https://host.example:8443")]
    [InlineData("http://127.0.0.1:5080/?app=demo", "give http://127.0.0.1:5080")]
    [InlineData("https://host.example/#top", "give https://host.example")]
    [InlineData("https://[::1]:5080/keys", "give https://[::1]:5080")]
    [InlineData("https://user:secret@host.example", "give https://host.example")]
    [InlineData("ftp://host.example", "http or https")]
    [InlineData("keys", "http or https")]
    public void What_is_no_origin_is_refused_with_what_to_give(string address, string words)
    {
        using var folder = new TempFolder();
        var server = new Uri(address, UriKind.RelativeOrAbsolute);
        var home = Assert.Throws<ArgumentException>(() => Make(folder, server, []));
        var pinned = Assert.Throws<ArgumentException>(() => Make(
            folder, new Uri("https://host.example"),
            [new PinnedRealm { Name = "second", Server = server, Fingerprint = Fingerprint, Token = Token }]));
        Assert.All([home, pinned], refused =>
        {
            Assert.Contains(words, refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
        });
        Assert.Contains("second", pinned.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://host.example")]
    [InlineData("https://host.example/")]
    [InlineData("http://127.0.0.1:5080")]
    [InlineData("https://m\u00fcnchen.example:8443/")]
    public void An_origin_is_taken(string address)
    {
        using var folder = new TempFolder();
        var server = new Uri(address);
        Make(folder, server, [
            new PinnedRealm { Name = "second", Server = server, Fingerprint = Fingerprint, Token = Token },
        ]);
        Assert.Null(ServerAddress.FindFault(server));
    }

    private static string Fingerprint => Hash256.Of("a realm"u8).ToString();

    private static ValueTask<string> Token(CancellationToken ct) => new("");

    private static void Make(TempFolder folder, Uri server, PinnedRealm[] realms)
    {
        using var client = new KeyRecoveryClient(
            new KeyRecoveryOptions
            {
                Server = server, App = "demo",
                RealmGenerations = realms is [] ? [] : [new RealmGeneration([.. realms])],
            }, new FileDeviceStore(folder["home"]));
    }
}
