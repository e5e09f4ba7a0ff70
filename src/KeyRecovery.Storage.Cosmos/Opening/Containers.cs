using System.Net;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Documents;
using Microsoft.Azure.Cosmos;

namespace KeyRecovery.Storage.Cosmos.Opening;

/// <summary>The containers of a store: as many as the places of its tables.</summary>
internal static class Containers
{
    private const string PartitionPath = "/pk";

    /// <summary>The names of them.</summary>
    public static IEnumerable<string> NamesOf(StoreAccount account, TableRegistry tables) =>
        tables.Of(account.Store).Select(table => Place.Of(table).Container).Append(Place.Server).Distinct();

    /// <summary>Makes the database and the containers that are missing.</summary>
    public static Task MakeAsync(StoreAccount account, TableRegistry tables) => account.ManageAsync(async client =>
    {
        Database database = await client.CreateDatabaseIfNotExistsAsync(account.Options.Database).ConfigureAwait(false);
        foreach (var name in NamesOf(account, tables))
            await database.CreateContainerIfNotExistsAsync(Properties(name)).ConfigureAwait(false);
        return true;
    });

    /// <summary>The names of those that are there.</summary>
    public static async Task<IReadOnlyList<string>> PresentAsync(StoreAccount account, TableRegistry tables)
    {
        var present = new List<string>();
        foreach (var name in NamesOf(account, tables))
            if (await account.ManageAsync(client => PathAsync(account.Container(name))).ConfigureAwait(false)
                is not null) present.Add(name);
        return present;
    }

    /// <summary>What is wrong with them, a sentence each.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(StoreAccount account, TableRegistry tables)
    {
        var problems = new List<string>();
        foreach (var name in NamesOf(account, tables))
        {
            var path = await account.ManageAsync(client => PathAsync(account.Container(name))).ConfigureAwait(false);
            if (path is null)
                problems.Add($"the {account.Role} has no container {name} in {account.Options}: run migrate");
            else if (path != PartitionPath)
                problems.Add(
                    $"the container {name} of {account.Options} is partitioned by {path} and not {PartitionPath}");
        }

        return problems;
    }

    /// <summary>Whether there is the container of the server's own rows, in which the pair's document is.</summary>
    public static async Task<bool> HasServerAsync(StoreAccount account) =>
        await account.ManageAsync(client => PathAsync(account.Container(Place.Server))).ConfigureAwait(false)
            is not null;

    // Nothing is looked for but by its name. The partition is indexed, so that its own feed need not read others'.
    private static ContainerProperties Properties(string name) => new(name, PartitionPath)
    {
        IndexingPolicy = new IndexingPolicy
        {
            Automatic = true, IndexingMode = IndexingMode.Consistent,
            IncludedPaths = { new IncludedPath { Path = PartitionPath + "/?" } },
            ExcludedPaths = { new ExcludedPath { Path = "/*" } },
        },
    };

    private static async Task<string?> PathAsync(Container container)
    {
        try
        {
            ContainerProperties found = await container.ReadContainerAsync().ConfigureAwait(false);
            return string.Join(' ', found.PartitionKeyPaths);
        }
        catch (CosmosException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }
}
