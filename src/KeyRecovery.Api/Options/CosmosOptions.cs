namespace KeyRecovery.Api.Options;

/// <summary>Two accounts of Azure Cosmos DB, where <c>Store</c> says so.</summary>
internal sealed class CosmosOptions
{
    /// <summary>The data store's account.</summary>
    public CosmosAccountSettings Data { get; set; } = new();

    /// <summary>The key store's account, another one.</summary>
    public CosmosAccountSettings Keys { get; set; } = new();

    /// <summary>
    /// Seconds that a request to an account may take with all its attempts and the waits between: 1 to 600. Default 20.
    /// </summary>
    public int BudgetSeconds { get; set; } = 20;

    /// <summary>Seconds that one attempt may take, no more than that: 1 to 600. Default 5.</summary>
    public int AttemptSeconds { get; set; } = 5;
}
