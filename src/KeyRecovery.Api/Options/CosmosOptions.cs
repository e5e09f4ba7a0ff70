namespace KeyRecovery.Api.Options;

/// <summary>Two accounts of Azure Cosmos DB, where <c>Store</c> says so.</summary>
internal sealed class CosmosOptions
{
    /// <summary>The data store's account.</summary>
    public CosmosAccountSettings Data { get; set; } = new();

    /// <summary>The key store's account, another one.</summary>
    public CosmosAccountSettings Keys { get; set; } = new();
}
