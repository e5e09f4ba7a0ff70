using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Linking;

/// <summary>What the server says of where the new device is.</summary>
[Collection(ServerTests.Name)]
public sealed class PeerNetworkTests(ServerFixture fixture) : LinkTable(fixture)
{
    [Theory]
    [InlineData("203.0.113.0/24", true)]
    [InlineData("2001:db8:1::/48", true)]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("203.0.113.77", false)]
    [InlineData("203.0.113.77/24", false)]
    [InlineData("203.0.113.0/25", false)]
    [InlineData("203.0.113.0/024", false)]
    [InlineData("203.0.113.0/24, 198.51.100.0/24", false)]
    [InlineData("203.0.113/24", false)]
    [InlineData("2001:db8:1:2::/48", false)]
    [InlineData("2001:DB8:1::/48", false)]
    [InlineData("fe80::%1/48", false)]
    [InlineData("::ffff:203.0.113.0/24", false)]
    [InlineData("your neighbour", false)]
    public async Task What_the_server_says_of_the_network_is_taken_in_one_spelling_or_not_at_all(
        string? told, bool isTaken)
    {
        Phone.Relay.OnResponse = (request, response) =>
        {
            if (!request.RequestUri!.AbsolutePath.EndsWith("/n/0", StringComparison.Ordinal)) return;
            response.Headers.Remove("Peer-Network");
            if (told is not null) response.Headers.TryAddWithoutValidation("Peer-Network", told);
        };
        LinkCandidate? seen = null;
        var (existing, joining, onPhone) = await RunAsync((_, right) => Task.FromResult(right), (candidate, _) =>
        {
            seen = candidate;
            return Task.FromResult(true);
        });
        TestDevice.Value(existing);
        Use(TestDevice.Value(joining));
        onPhone.Dispose();
        Assert.Equal(isTaken ? told : null, seen!.Network?.ToString());
    }
}
