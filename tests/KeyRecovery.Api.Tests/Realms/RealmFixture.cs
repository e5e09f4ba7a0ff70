using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.Api.Tests.Realms;

/// <summary>A realm with an app that waits for nothing and one with the default policy.</summary>
public sealed class RealmFixture : IAsyncLifetime
{
    /// <summary>The app of the default policy.</summary>
    internal const string Waiting = "other";

    internal static Dictionary<string, string> Settings => new(VaultFixture.Settings)
    {
        ["LogLevel"] = "Warning",
        ["Apps:0:Policy:Passphrase:Waits"] = "",
        [TestHome.KnownTo().Key] = TestHome.KnownTo().Value,
        [TestHome.KnownTo(1).Key] = TestHome.KnownTo(1).Value,
    };

    internal TestHost Host { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync() => Host = await TestHost.StartAsync(Settings);

    /// <inheritdoc/>
    public async Task DisposeAsync() => await Host.DisposeAsync();

    /// <summary>The realm, for a new user of an app or for one that is named.</summary>
    internal Task<TestRealmClient> ConnectAsync(string app = "demo", string? subject = null) =>
        ConnectAsync(Host, app, subject);

    internal static async Task<TestRealmClient> ConnectAsync(
        TestHost host, string app = "demo", string? subject = null) =>
        await TestRealmClient.ConnectAsync(
            host.Client, await host.TokenAsync(subject ?? Guid.NewGuid().ToString("N"), app));

    /// <summary>A slot that is registered.</summary>
    internal static async Task<TestRealmSlot> RegisteredAsync(TestRealmClient client, string app = "demo")
    {
        var slot = new TestRealmSlot(SystemRandom.Instance, app);
        Assert.Equal("ok", (await client.RegisterAsync(slot)).Slug);
        return slot;
    }
}
