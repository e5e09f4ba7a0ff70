using System.Net;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>A server that shows an older table, or hashes that lead nowhere, is caught by the SDK and named.</summary>
[Collection(ServerTests.Name)]
public sealed class LyingManifestTests(ServerFixture fixture) : LiedTo(fixture)
{
    [Fact]
    public async Task An_older_chain_with_an_older_manifest_where_only_new_links_were_asked_for()
    {
        using var vault = await CreateAsync();
        var old = await TellAsync();
        TestDevice.Value(await vault.AddCodeAsync(RecoveryCode.Generate(SystemRandom.Instance)));
        LieToPhone(told => told with { Links = [], Manifest = old.Manifest, Keysets = old.Keysets },
            onRepair: HttpStatusCode.Conflict);
        Assert.Equal(
            ProtocolFault.RolledBackChain,
            Assert.IsType<ClientFailure.RolledBack>(TestDevice.Failure(await vault.RefreshAsync())).Fault);
    }

    [Fact]
    public async Task An_older_manifest_on_the_same_chain()
    {
        using var vault = await CreateAsync();
        var old = await TellAsync();
        TestDevice.Value(await vault.PutAsync("identity", "second"u8.ToArray()));
        LieToPhone(told => told with { Manifest = old.Manifest }, onRepair: HttpStatusCode.Conflict);
        Assert.Equal(
            ProtocolFault.RolledBackManifest,
            Assert.IsType<ClientFailure.RolledBack>(TestDevice.Failure(await vault.RefreshAsync())).Fault);
    }

    [Fact]
    public async Task Pages_of_hashes_without_an_end()
    {
        using var vault = await CreateAsync();
        using var key = SigningKey.FromSeed(new byte[SigningKey.SeedSize]);
        var pages = 0;
        Phone.Relay.BeforeAsync = request =>
        {
            request.Headers.IfNoneMatch.Clear();
            return Task.CompletedTask;
        };
        Phone.Relay.OnAnswer = (_, body) =>
        {
            pages++;
            var told = VaultBundle.Decode(body);
            var manifest = SignedManifest.Decode(told.Manifest).Manifest with { Version = 1UL << 52 };
            return (told with
            {
                Manifest = SignedManifest.Sign(manifest, key).Bytes,
                Hashes = [.. Enumerable.Repeat(default(Hash256), Limits.TrailPage)],
            }).Encode();
        };
        Assert.NotNull(TestDevice.Failure(await vault.RefreshAsync()));
        // Once from the known links, and once from link 0: where a restore is claimed, only that tells. Then one page
        // that may prove the lie.
        Assert.Equal(2 * Limits.TrailKept / Limits.TrailPage + 1, pages);
    }
}
