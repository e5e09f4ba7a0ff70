using System.Globalization;
using System.Text.Json;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos.Documents;
using KeyRecovery.Storage.Cosmos.Options;
using Microsoft.Azure.Cosmos;

namespace KeyRecovery.Storage.Cosmos.Connections;

/// <summary>
/// One account and its database. Each request ends within its budget, and with an <see cref="Answer"/>.
/// </summary>
internal sealed class StoreAccount(CosmosAccountOptions options, StoreKind store) : IDisposable
{
    private const string SubStatusHeader = "x-ms-substatus";

    // Containers are made one after the other, within seconds each.
    private static readonly TimeSpan ManagementLimit = TimeSpan.FromMinutes(5);

    /// <summary>Which of the two.</summary>
    public StoreKind Store => store;

    /// <summary>Its name in messages.</summary>
    public string Role => store == StoreKind.Data ? "data store" : "key store";

    /// <summary>Where it is.</summary>
    public CosmosAccountOptions Options => options;

    /// <summary>The SDK's client.</summary>
    public CosmosClient Client { get; } = Clients.Make(options);

    /// <summary>The container of that name.</summary>
    public Container Container(string name) => Client.GetContainer(options.Database, name);

    /// <summary>The container of a table.</summary>
    public Container ContainerOf(Table table) => Container(Place.Of(table).Container);

    /// <summary>Makes a request.</summary>
    /// <param name="ask">Makes it; is given when it must have ended.</param>
    /// <param name="ct">Cancels it.</param>
    /// <exception cref="OperationCanceledException">Only where <paramref name="ct"/> says so.</exception>
    public async Task<Answer> AskAsync(Func<CancellationToken, Task<ResponseMessage>> ask, CancellationToken ct)
    {
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(ct);
        budget.CancelAfter(options.Budget);
        try
        {
            using var response = await ask(budget.Token).ConfigureAwait(false);
            var body = response.IsSuccessStatusCode && response.Content is { } content
                ? await ReadAsync(content, budget.Token).ConfigureAwait(false) : null;
            return new Answer(response.StatusCode, SubStatusOf(response), body, response.ContinuationToken);
        }
        catch (CosmosException e)
        {
            // Without it as a cause: its text has the names of documents.
            return new Answer(e.StatusCode, e.SubStatusCode);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // The SDK, its transports and its credentials throw what they like; to whoever asked it is all the same.
            return new Answer(0, 0, Cause: e);
        }
    }

    /// <summary>Does what an operator does: asks for the account itself, or makes what is in it.</summary>
    /// <exception cref="StoreUnavailableException">The account cannot be reached, or refuses.</exception>
    public async Task<T> ManageAsync<T>(Func<CosmosClient, Task<T>> manage)
    {
        try
        {
            return await manage(Client).WaitAsync(ManagementLimit).ConfigureAwait(false);
        }
        catch (CosmosException e)
        {
            throw Unreached(new Answer(e.StatusCode, e.SubStatusCode).Words, null);
        }
        catch (Exception e)
        {
            throw Unreached(e.GetType().Name, e);
        }
    }

    /// <summary>That the account does not do what an operator wants of it.</summary>
    public StoreUnavailableException Unreached(string why, Exception? cause) =>
        new(StoreFault.Failed, $"the {Role} at {options} does not answer as it should: {why}", cause);

    /// <inheritdoc/>
    public void Dispose() => Client.Dispose();

    private static async Task<JsonDocument?> ReadAsync(Stream content, CancellationToken ct) =>
        content is { CanSeek: true, Length: 0 }
            ? null : await JsonDocument.ParseAsync(content, cancellationToken: ct).ConfigureAwait(false);

    private static int SubStatusOf(ResponseMessage response) =>
        response.Headers.TryGetValue(SubStatusHeader, out var text)
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
