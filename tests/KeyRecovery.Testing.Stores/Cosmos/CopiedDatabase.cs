using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos.Connections;
using Microsoft.Azure.Cosmos;

namespace KeyRecovery.Testing.Stores.Cosmos;

/// <summary>What a platform does that restores an account to a point in time: a copy of it, elsewhere.</summary>
public static class CopiedDatabase
{
    /// <summary>Copies every document of a database into a new one of the same account.</summary>
    public static async Task MakeAsync(this EmulatedCosmos cosmos, StoreKind kind, string from, string to)
    {
        using var client = Clients.Make(cosmos.Account(kind, from));
        Database source = client.GetDatabase(from);
        Database copy = await client.CreateDatabaseIfNotExistsAsync(to);
        using var containers = source.GetContainerQueryIterator<ContainerProperties>();
        while (containers.HasMoreResults)
        {
            foreach (var properties in await containers.ReadNextAsync())
            {
                Container target = await copy.CreateContainerIfNotExistsAsync(
                    new ContainerProperties(properties.Id, properties.PartitionKeyPath));
                using var documents = source.GetContainer(properties.Id)
                    .GetItemQueryIterator<Dictionary<string, object>>((string?)null);
                while (documents.HasMoreResults)
                {
                    foreach (var document in await documents.ReadNextAsync())
                        await target.UpsertItemAsync(document, new PartitionKey((string)document["pk"]));
                }
            }
        }
    }
}
