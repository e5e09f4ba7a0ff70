using System.Globalization;
using System.Text.Json;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos.Documents;
using KeyRecovery.Storage.Cosmos.Options;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Cosmos.Connections;

/// <summary>
/// One account and its database. Each request ends within its budget, and with an <see cref="Answer"/>.
/// </summary>
/// <param name="options">Where it is.</param>
/// <param name="store">Which of the two.</param>
/// <param name="logger">Told when it is not asked any more, and when it is again.</param>
internal sealed class StoreAccount(CosmosAccountOptions options, StoreKind store, ILogger logger) : IDisposable
{
    private const string SubStatusHeader = "x-ms-substatus";
    private const string WaitHeader = "x-ms-retry-after-ms";

    // Containers are made one after the other, within seconds each.
    private static readonly TimeSpan ManagementLimit = TimeSpan.FromMinutes(5);

    private readonly Requests _requests = new(options, NameOf(store), logger);

    /// <summary>Which of the two.</summary>
    public StoreKind Store => store;

    /// <summary>Its name in messages.</summary>
    public string Role => NameOf(store);

    /// <summary>Where it is.</summary>
    public CosmosAccountOptions Options => options;

    /// <summary>The SDK's client.</summary>
    public CosmosClient Client { get; } = Clients.Make(options);

    /// <summary>The container of that name.</summary>
    public Container Container(string name) => Client.GetContainer(options.Database, name);

    /// <summary>The container of a table.</summary>
    public Container ContainerOf(Table table) => Container(Place.Of(table).Container);

    /// <summary>Makes a request, and again where that may help; see <see cref="Requests"/>.</summary>
    /// <param name="ask">Makes it once; is given when that must have ended.</param>
    /// <param name="ct">Ends the wait for it.</param>
    /// <exception cref="OperationCanceledException">Only where <paramref name="ct"/> says so.</exception>
    public Task<Answer> AskAsync(Func<CancellationToken, Task<ResponseMessage>> ask, CancellationToken ct) =>
        _requests.RunAsync(attempt => OnceAsync(ask, attempt), ct);

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

    private static string NameOf(StoreKind store) => store == StoreKind.Data ? "data store" : "key store";

    private static async Task<Answer> OnceAsync(
        Func<CancellationToken, Task<ResponseMessage>> ask, CancellationToken ct)
    {
        try
        {
            using var response = await WithinAsync(ask(ct), ct).ConfigureAwait(false);
            var body = response.IsSuccessStatusCode && response.Content is { } content
                ? await ReadAsync(content, ct).ConfigureAwait(false) : null;
            return new Answer(response.StatusCode, SubStatusOf(response), body, response.ContinuationToken)
            {
                Wait = WaitOf(response),
                // One of them is this answer. What the SDK has sent again by itself is a matter of its own TCP, where
                // it does so only if nothing was done: believed of a refusal, and not of what a caller builds on.
                MayBeDone = !StepTable.IsRefusal(response.StatusCode)
                    && response.Diagnostics?.GetFailedRequestCount() > 1,
            };
        }
        catch (CosmosException e)
        {
            // Without it as a cause: its text has the names of documents.
            return new Answer(e.StatusCode, e.SubStatusCode) { MayBeDone = true };
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // The SDK, its transports and its credentials throw what they like; to whoever asked it is all the same.
            return new Answer(0, 0, Cause: e);
        }
    }

    // The SDK looks at the token here and there, and not while it waits for the network.
    private static async Task<ResponseMessage> WithinAsync(Task<ResponseMessage> asked, CancellationToken ct)
    {
        try
        {
            return await asked.WaitAsync(ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            _ = asked.ContinueWith(
                static late =>
                {
                    if (late.IsCompletedSuccessfully) late.Result.Dispose();
                    else _ = late.Exception;
                },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
    }

    private static async Task<JsonDocument?> ReadAsync(Stream content, CancellationToken ct) =>
        content is { CanSeek: true, Length: 0 }
            ? null : await JsonDocument.ParseAsync(content, cancellationToken: ct).ConfigureAwait(false);

    private static int SubStatusOf(ResponseMessage response) =>
        NumberOf(response, SubStatusHeader) ?? 0;

    private static TimeSpan? WaitOf(ResponseMessage response) =>
        NumberOf(response, WaitHeader) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;

    private static int? NumberOf(ResponseMessage response, string header) =>
        response.Headers.TryGetValue(header, out var text)
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
