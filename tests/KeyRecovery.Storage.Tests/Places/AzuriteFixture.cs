using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using KeyRecovery.Storage.Azure.Blobs;
using KeyRecovery.Testing.Emulators;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Storage.Tests.Places;

/// <summary>Blob storage on this machine, for all tests of a class; each of them has a container of its own.</summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    // The name and the key that every Azurite has.
    private const string Account = "devstoreaccount1";
    private const string Key =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private NodeEmulator? _emulator;

    public async Task InitializeAsync()
    {
        if (Machine.Lacks(Need.Azurite) is null) _emulator = await NodeEmulator.StartAsync("azurite");
    }

    public Task DisposeAsync()
    {
        _emulator?.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>A new container.</summary>
    public async Task<string> NewContainerAsync()
    {
        var name = $"c{Guid.NewGuid():N}";
        await Open(name).EnsureAsync(default);
        return name;
    }

    /// <summary>A way to a container: what another instance has.</summary>
    /// <param name="container">Its name.</param>
    /// <param name="between">Stands between the client and the storage, at each try.</param>
    /// <param name="retries">How often the client tries again by itself.</param>
    public BlobPlace Open(string container, HttpPipelinePolicy? between = null, int retries = 3)
    {
        var options = BlobPlace.Options();
        options.Retry.MaxRetries = retries;
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        if (between is not null) options.AddPolicy(between, global::Azure.Core.HttpPipelinePosition.PerRetry);
        return new BlobPlace(new BlobContainerClient(
            $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};"
            + $"BlobEndpoint=http://127.0.0.1:{_emulator!.Ports[0]}/{Account}",
            container, options));
    }
}
