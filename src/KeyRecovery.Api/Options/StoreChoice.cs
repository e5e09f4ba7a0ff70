namespace KeyRecovery.Api.Options;

/// <summary>What the two stores are made of.</summary>
internal enum StoreChoice
{
    /// <summary>Two files of this machine.</summary>
    Sqlite,

    /// <summary>Two accounts of Azure Cosmos DB.</summary>
    Cosmos,
}
