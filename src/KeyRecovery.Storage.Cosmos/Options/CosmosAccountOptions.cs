using Azure.Core;

namespace KeyRecovery.Storage.Cosmos.Options;

/// <summary>One account of Azure Cosmos DB, and who this process is to it: a key or an identity, exactly one.</summary>
public sealed record CosmosAccountOptions
{
    /// <summary>The account, such as <c>https://NAME.documents.azure.com/</c>.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The database in it, made by <c>migrate</c>.</summary>
    public required string Database { get; init; }

    /// <summary>The account's key, in base64.</summary>
    public string? Key { get; init; }

    /// <summary>An identity that has a role at the account.</summary>
    public TokenCredential? Identity { get; init; }

    /// <summary>
    /// Whether documents are asked of the machines that hold them (TCP), and not of the account's gateway (HTTPS).
    /// Default true.
    /// </summary>
    public bool IsDirect { get; init; } = true;

    /// <summary>How long a request may take, how often it is made, and when none is made any more.</summary>
    public RequestLimits Requests { get; init; } = new();

    /// <summary>What stands before the network, for tests; null for the SDK's own.</summary>
    internal Func<HttpMessageHandler>? Handler { get; init; }

    /// <summary>What retries, budgets and circuits are measured by.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What it is measured by how long a process has not looked at the pair.</summary>
    internal TimeProvider Watch { get; init; } = TimeProvider.System;

    /// <summary>The endpoint and the database: no key.</summary>
    public override string ToString() => $"{Endpoint.GetLeftPart(UriPartial.Authority)}/{Database}";
}
