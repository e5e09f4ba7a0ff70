using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>A server that tells another item than the one that was asked for is caught by the SDK and named.</summary>
[Collection(ServerTests.Name)]
public sealed class LyingItemTests(ServerFixture fixture) : LiedTo(fixture)
{
    [Fact]
    public async Task Swapped_items()
    {
        using var vault = await CreateAsync();
        TestDevice.Value(await vault.PutAsync("other", "other content"u8.ToArray()));
        byte[]? other = null;
        Phone.Relay.OnAnswer = (_, body) => other = body;
        TestDevice.Value(await vault.GetAsync("other"));
        Phone.Relay.OnAnswer = (_, _) => other!;
        Assert.Equal(
            new ClientFailure.ServerLied(ProtocolFault.ItemHash), TestDevice.Failure(await vault.GetAsync("identity")));
    }

    [Fact]
    public async Task A_truncated_item()
    {
        using var vault = await CreateAsync();
        Phone.Relay.OnAnswer = (_, body) => body[..^1];
        Assert.Equal(
            new ClientFailure.ServerLied(ProtocolFault.ItemHash), TestDevice.Failure(await vault.GetAsync("identity")));
    }

    [Fact]
    public async Task An_older_version_in_place_of_the_one_that_was_asked_for()
    {
        using var vault = await CreateAsync();
        for (var i = 2; i <= 3; i++) TestDevice.Value(await vault.PutAsync("identity", new[] { (byte)i }));
        Phone.Relay.OnAnswer = (request, body) =>
            request.RequestUri!.AbsolutePath.EndsWith("/versions", StringComparison.Ordinal)
            ? System.Text.Encoding.UTF8.GetBytes(SwapHashes(System.Text.Encoding.UTF8.GetString(body)))
            : body;
        Assert.Equal(new ClientFailure.ServerLied(ProtocolFault.ItemHeader),
            TestDevice.Failure(await vault.GetAsync("identity", 2)));
    }

    private static string SwapHashes(string json)
    {
        var hashes = System.Text.RegularExpressions.Regex.Matches(json, "\"hash\":\"([^\"]+)\"")
            .Select(m => m.Groups[1].Value).ToList();
        return json.Replace(hashes[0], "#", StringComparison.Ordinal)
            .Replace(hashes[1], hashes[0], StringComparison.Ordinal).Replace("#", hashes[1], StringComparison.Ordinal);
    }
}
