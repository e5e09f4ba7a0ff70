namespace KeyRecovery.Api.Tests.Support;

/// <summary>One server in Development for all tests of a class.</summary>
public sealed class HostFixture : IAsyncLifetime
{
    internal TestHost Host { get; private set; } = null!;

    /// <summary>Talks to the server.</summary>
    public HttpClient Client => Host.Client;

    /// <inheritdoc/>
    public async Task InitializeAsync() => Host = await TestHost.StartAsync();

    /// <inheritdoc/>
    public async Task DisposeAsync() => await Host.DisposeAsync();
}
