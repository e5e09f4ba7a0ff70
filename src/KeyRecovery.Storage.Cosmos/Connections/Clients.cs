using Azure;
using KeyRecovery.Storage.Cosmos.Options;
using Microsoft.Azure.Cosmos;

namespace KeyRecovery.Storage.Cosmos.Connections;

/// <summary>Makes the SDK's clients.</summary>
internal static class Clients
{
    private const string NoMetadata = "COSMOS_DISABLE_IMDS_ACCESS";

    // The SDK asks the machine's metadata service, at a link-local address, what it runs on. Whoever else answers there
    // is asked for nothing else, but has no business here.
    static Clients() => Environment.SetEnvironmentVariable(NoMetadata, "true");

    /// <summary>
    /// A client that sends each write once at a time: no bulk, no second request beside a slow one. It waits for
    /// nothing by itself, as far as it can be told to: <see cref="Requests"/> does.
    /// </summary>
    public static CosmosClient Make(CosmosAccountOptions options)
    {
        var client = new CosmosClientOptions
        {
            ApplicationName = "KeyRecovery",
            ConnectionMode = options.IsDirect ? ConnectionMode.Direct : ConnectionMode.Gateway,
            AllowBulkExecution = false,
            AvailabilityStrategy = AvailabilityStrategy.DisabledStrategy(),
            EnableContentResponseOnWrite = false,
            MaxRetryAttemptsOnRateLimitedRequests = 0,
            RequestTimeout = options.Requests.Attempt,
            CosmosClientTelemetryOptions = new CosmosClientTelemetryOptions { DisableSendingMetricsToService = true },
        };
        var gateway = new Gateway(options.Handler?.Invoke() ?? Gateway.Network());
        client.HttpClientFactory = () => new HttpClient(gateway, disposeHandler: false);
        var endpoint = options.Endpoint.GetLeftPart(UriPartial.Authority);
        return options switch
        {
            { Key: { } key, Identity: null } => new CosmosClient(endpoint, new AzureKeyCredential(key), client),
            { Key: null, Identity: { } identity } => new CosmosClient(endpoint, identity, client),
            _ => throw new ArgumentException("an account has a key or an identity", nameof(options)),
        };
    }
}
