using System.Net;
using System.Text.Json;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos;
using KeyRecovery.Storage.Cosmos.Documents;
using KeyRecovery.Storage.Cosmos.Options;
using KeyRecovery.Testing.Emulators;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Testing.Stores.Cosmos;

/// <summary>Two accounts in one process of the emulator, with any number of databases.</summary>
public sealed class EmulatedCosmos : ICosmosAccounts, IDisposable
{
    /// <summary>A key of any content: the emulator asks for none.</summary>
    public const string Key = "AAAA";

    private readonly NodeEmulator _emulator;

    /// <summary>
    /// One process serves all, on a machine that does other things as well: whoever wants to see what becomes of a slow
    /// answer takes limits of its own.
    /// </summary>
    public static RequestLimits Patient { get; } = new()
    {
        Budget = TimeSpan.FromMinutes(5), Attempt = TimeSpan.FromMinutes(2),
    };

    // The emulator's certificate is its own.
    private readonly SocketsHttpHandler _network = new()
    {
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true }, UseProxy = false,
    };

    private EmulatedCosmos(NodeEmulator emulator) => _emulator = emulator;

    /// <summary>Starts the process.</summary>
    public static async Task<EmulatedCosmos> StartAsync() => new(await NodeEmulator.StartAsync("cosmos"));

    /// <summary>Its process id.</summary>
    public int Id => _emulator.Id;

    /// <summary>Where an account is.</summary>
    public Uri EndpointOf(StoreKind kind) =>
        new($"https://{IPAddress.Loopback}:{_emulator.Ports[kind == StoreKind.Data ? 0 : 1]}/");

    /// <summary>The way to the emulator, put right.</summary>
    public HttpMessageHandler Handler() => new EmulatorCorrections(_network);

    /// <inheritdoc/>
    public CosmosAccountOptions Account(StoreKind kind, string database) => Account(kind, database, null);

    /// <summary>An account of a store, with something before the network.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="database">The database in it.</param>
    /// <param name="between">Stands between the SDK and the emulator.</param>
    public CosmosAccountOptions Account(
        StoreKind kind, string database, Func<HttpMessageHandler, HttpMessageHandler>? between) => new()
    {
        Endpoint = EndpointOf(kind), Database = database, Key = Key, IsDirect = false, Requests = Patient,
        Handler = () => between?.Invoke(Handler()) ?? Handler(),
    };

    /// <summary>A pair of stores in a database each.</summary>
    public CosmosStoreHome Home(
        string database, IRandom random, ServerClock clock, TableRegistry? tables = null,
        Func<HttpMessageHandler, HttpMessageHandler>? between = null, RequestLimits? limits = null)
    {
        return new(Place(StoreKind.Data), Place(StoreKind.Keys), random, clock, NullLoggerFactory.Instance, tables);

        CosmosAccountOptions Place(StoreKind kind) =>
            Account(kind, database, between) with { Requests = limits ?? Patient };
    }

    /// <summary>
    /// Which rows of these tables a database has, with their versions: of each container one query, where each table
    /// that it has would be a feed of all its documents.
    /// </summary>
    public async Task<IReadOnlyList<(RowKey Key, long Version)>> ListAsync(string database, IEnumerable<Table> tables)
    {
        using var invoker = new HttpMessageInvoker(_network, disposeHandler: false);
        var found = await Task.WhenAll(
            tables.GroupBy(table => (table.Store, Place.Of(table).Container)).Select(async container =>
            {
                var documents = new Uri(
                    EndpointOf(container.Key.Store), $"/dbs/{database}/colls/{container.Key.Container}/docs");
                using var query = EmulatorCorrections.Query(documents, "SELECT c.id, c.v FROM c");
                using var answer = await invoker.SendAsync(query, CancellationToken.None);
                using var page = JsonDocument.Parse(
                    await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
                return page.RootElement.GetProperty("Documents").EnumerateArray()
                    .SelectMany(document => container
                        .Select(table => DocumentName.TryRead(table, document.GetProperty("id").GetString()!))
                        .OfType<RowKey>().Select(key => (key, document.GetProperty("v").GetInt64())))
                    .ToArray();
            }));
        return [.. found.SelectMany(rows => rows)];
    }

    /// <summary>Deletes a database in both accounts.</summary>
    public async Task DeleteAsync(string database)
    {
        using var invoker = new HttpMessageInvoker(_network, disposeHandler: false);
        foreach (var kind in Enum.GetValues<StoreKind>())
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Delete, new Uri(EndpointOf(kind), $"/dbs/{database}"));
            using var response = await invoker.SendAsync(request, CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _network.Dispose();
        _emulator.Dispose();
    }
}
