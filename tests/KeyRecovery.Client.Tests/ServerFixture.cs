using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests;

/// <summary>One real host process for all tests of the project.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    private readonly TempFolder _folder = new();

    /// <summary>The host.</summary>
    public ServerProcess Server { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync() => Server = await ServerProcess.StartAsync(
        _folder["data"], 0, ("RateLimits:Repair:PerSecond", "1000"), ("RateLimits:Repair:Burst", "1000"),
        ("RateLimits:ExportsPerDay", "10000"));

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>The collection that shares it.</summary>
[CollectionDefinition(Name)]
public sealed class ServerTests : ICollectionFixture<ServerFixture>
{
    /// <summary>Its name.</summary>
    public const string Name = "server";
}
