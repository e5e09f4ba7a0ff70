namespace KeyRecovery.Api.Options;

/// <summary>One account of Azure Cosmos DB: its default consistency is Strong, and it has one write region.</summary>
internal sealed class CosmosAccountSettings
{
    /// <summary>The account, such as <c>https://NAME.documents.azure.com/</c>.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>The database in it, which <c>migrate</c> makes. Default <c>keyrecovery</c>.</summary>
    public string Database { get; set; } = "keyrecovery";

    /// <summary>
    /// Whether documents are asked of the account's gateway (HTTPS, port 443 alone) and not of the machines that hold
    /// them (TCP, ports 10250 to 20000). Default false.
    /// </summary>
    public bool Gateway { get; set; }

    /// <summary>Who the server is to the account.</summary>
    public AzureCredentialOptions Credential { get; set; } = new();
}
