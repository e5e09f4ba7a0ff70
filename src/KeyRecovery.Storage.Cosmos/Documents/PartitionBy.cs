namespace KeyRecovery.Storage.Cosmos.Documents;

/// <summary>What a document's partition key is made of.</summary>
internal enum PartitionBy
{
    /// <summary>The first 16 bytes of the id: what an owner has lies together.</summary>
    Owner,

    /// <summary>The whole id: each row for itself.</summary>
    Row,

    /// <summary>The id's last byte, modulo 4: what is read as a whole all the time lies in few places.</summary>
    Shard,
}
