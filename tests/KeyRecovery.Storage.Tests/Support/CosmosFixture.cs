using KeyRecovery.Testing.Stores.Cosmos;

namespace KeyRecovery.Storage.Tests.Support;

/// <summary>One process of the emulator for all tests of a class.</summary>
public sealed class CosmosFixture : IAsyncLifetime
{
    public EmulatedCosmos Emulator { get; private set; } = null!;

    public async Task InitializeAsync() => Emulator = await EmulatedCosmos.StartAsync();

    public Task DisposeAsync()
    {
        Emulator.Dispose();
        return Task.CompletedTask;
    }
}
