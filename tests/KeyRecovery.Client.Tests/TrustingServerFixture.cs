using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests;

/// <summary>A host of an app whose devices are trusted at once: for what only an old, stolen device can do.</summary>
public sealed class TrustingServerFixture : IAsyncLifetime
{
    private readonly TempFolder _folder = new();

    /// <summary>The host.</summary>
    public ServerProcess Server { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync() => Server = await ServerProcess.StartAsync(
        _folder["data"], 0, ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"),
        ("Apps:0:Audience", "demo"), ("Apps:0:Policy:TrustAfterHours", "0"));

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}
