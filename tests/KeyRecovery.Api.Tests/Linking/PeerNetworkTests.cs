using System.Net;
using System.Text.RegularExpressions;
using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Linking;

/// <summary>What the existing device is told of where the code was used.</summary>
public class PeerNetworkTests
{
    private const string Header = "Peer-Network";

    [Theory]
    [InlineData("203.0.113.77", "203.0.113.0/24")]
    [InlineData("::ffff:203.0.113.77", "203.0.113.0/24")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48")]
    public async Task Only_the_existing_device_and_only_with_the_first_message_is_told_the_network_that_claimed_first(
        string address, string network)
    {
        await using var host = await StartAsync();
        var relay = new RelayClient(await TestAccount.CreateAsync(host));
        (await relay.OpenAsync()).EnsureSuccessStatusCode();
        (await relay.ClaimAsync(forwardedFor: address)).EnsureSuccessStatusCode();
        (await relay.ClaimAsync(forwardedFor: "198.51.100.9")).EnsureSuccessStatusCode();
        foreach (var (side, number) in new[] { ('n', 0), ('n', 1), ('e', 0) })
            (await relay.PutAsync(side, number, [1])).EnsureSuccessStatusCode();

        for (var repeat = 0; repeat < 2; repeat++) Assert.Equal([network], await ToldAsync(relay.GetAsync('n', 0)));
        Assert.Null(await ToldAsync(relay.GetAsync('n', 0, bearer: relay.New)));
        Assert.Null(await ToldAsync(relay.GetAsync('n', 1)));
        Assert.Null(await ToldAsync(relay.GetAsync('e', 0, bearer: relay.Existing)));
    }

    [Fact]
    public async Task It_is_logged_nowhere_but_with_the_new_devices_own_requests_and_goes_with_the_session()
    {
        await using var host = await StartAsync();
        var relay = new RelayClient(await TestAccount.CreateAsync(host));
        (await relay.OpenAsync()).EnsureSuccessStatusCode();
        (await relay.ClaimAsync(forwardedFor: "203.0.113.77")).EnsureSuccessStatusCode();
        (await relay.PutAsync('n', 0, [1])).EnsureSuccessStatusCode();
        Assert.NotNull(await ToldAsync(relay.GetAsync('n', 0)));
        (await relay.EndAsync(relay.Existing)).EnsureSuccessStatusCode();

        var log = host.ReadLog();
        Assert.Single(Regex.Matches(log, Regex.Escape("203.0.113.0/24")));
        Assert.DoesNotContain("203.0.113.77", log, StringComparison.Ordinal);
        using var ended = await relay.GetAsync('n', 0);
        Assert.Equal(HttpStatusCode.NotFound, ended.StatusCode);
        Assert.False(ended.Headers.Contains(Header));
        foreach (var file in Directory.EnumerateFiles(host.DataDirectory, "*.db*", SearchOption.AllDirectories))
            Assert.Equal(-1, (await ReadAsync(file)).AsSpan().IndexOf("203.0.113."u8));
    }

    private static Task<TestHost> StartAsync() => TestHost.StartAsync(new() { ["KnownProxies:0"] = "127.0.0.0/8" });

    private static async Task<IEnumerable<string>?> ToldAsync(Task<HttpResponseMessage> answer)
    {
        using var response = await answer;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response.Headers.TryGetValues(Header, out var values) ? values : null;
    }

    private static async Task<byte[]> ReadAsync(string file)
    {
        await using var stream =
            new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}
