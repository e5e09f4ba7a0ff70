using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Moves;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Documents;
using KeyRecovery.Storage.Cosmos.Opening;
using KeyRecovery.Storage.Cosmos.Stores;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Cosmos.Moves;

/// <summary>
/// Two accounts that a move fills. The mark stands in the key store's pair document, which comes first.
/// </summary>
internal sealed class CosmosArrival : IArrival
{
    private readonly StoreAccount _data;
    private readonly StoreAccount _keys;
    private readonly TableRegistry _tables;
    private readonly ServerClock _clock;
    private readonly ILogger _logger;
    private PairDocument? _pair;
    private PairWatch? _watch;
    private IRowStore? _dataStore;
    private IRowStore? _keyStore;

    private CosmosArrival(
        StoreAccount data, StoreAccount keys, TableRegistry tables, ServerClock clock, ILoggerFactory loggers)
    {
        (_data, _keys, _tables, _clock) = (data, keys, tables, clock);
        _logger = loggers.CreateLogger<CosmosArrival>();
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte>? PairId => _pair?.Pair;

    /// <inheritdoc/>
    public MoveMark? Mark => _pair?.Move;

    /// <summary>Looks at what is in the accounts, which are disposed of with what is returned.</summary>
    public static async Task<IArrival> LookAsync(
        StoreAccount data, StoreAccount keys, TableRegistry tables, ServerClock clock, ILoggerFactory loggers)
    {
        var found = new CosmosArrival(data, keys, tables, clock, loggers);
        if (await HasPlaceAsync(data).ConfigureAwait(false) && await HasPlaceAsync(keys).ConfigureAwait(false))
            found.Take(await PairOpening.ReadAsync(data, keys, tables).ConfigureAwait(false));
        return found;

        async Task<bool> HasPlaceAsync(StoreAccount account) =>
            (await Containers.PresentAsync(account, tables).ConfigureAwait(false)).Contains(Place.Server);
    }

    /// <inheritdoc/>
    public async Task<string?> FindStrangerAsync(CancellationToken ct)
    {
        foreach (var account in new[] { _data, _keys })
            foreach (var name in await Containers.PresentAsync(account, _tables).ConfigureAwait(false))
                await foreach (var document in DocumentsAsync(account, name, ct).ConfigureAwait(false))
                    return document.Name;
        return null;
    }

    /// <inheritdoc/>
    public IRowStore Of(StoreKind kind) => (kind == StoreKind.Data ? _dataStore : _keyStore)
        ?? throw new InvalidOperationException("the pair is not there yet");

    /// <inheritdoc/>
    public bool Takes(RowKey key, int valueSize) => RowDocument.SizeOf(key, valueSize) <= RowDocument.MaxSize;

    /// <inheritdoc/>
    public double ChargeOf(RowKey key, int valueSize)
    {
        var size = RequestCharges.SizeOf(key.Id.Length, valueSize);
        // By its name, at the account's consistency but for what is named by its content, and as a part of the feed.
        return RequestCharges.Write(size) + (RequestCharges.Read(size) * (key.Table.NamesContent ? 3 : 4));
    }

    /// <inheritdoc/>
    public async Task BeginAsync(ReadOnlyMemory<byte> pairId, MoveMark mark)
    {
        await Containers.MakeAsync(_data, _tables).ConfigureAwait(false);
        await Containers.MakeAsync(_keys, _tables).ConfigureAwait(false);
        var (dataSchema, keySchema) = (_tables.SchemaOf(StoreKind.Data), _tables.SchemaOf(StoreKind.Keys));
        if (_pair is null)
            await new PairDocument(pairId, StoreSchema.Of(keySchema), IsComplete: false, Move: mark).CreateAsync(_keys)
                .ConfigureAwait(false);
        // Whose it is: another's, if that was first.
        var dataPair = await DemandAsync(pairId, mark).ConfigureAwait(false);
        if (dataPair is null)
            await new PairDocument(pairId, StoreSchema.Of(dataSchema), IsComplete: true).CreateAsync(_data)
                .ConfigureAwait(false);
        else if (dataPair.Schema.Written < dataSchema)
            await (dataPair with { Schema = StoreSchema.Of(dataSchema) }).ReplaceAsync(_data).ConfigureAwait(false);
        if (_pair!.Schema.Written < keySchema)
            await (_pair with { Schema = StoreSchema.Of(keySchema) }).ReplaceAsync(_keys).ConfigureAwait(false);
        await DemandAsync(pairId, mark).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredName> ListAsync(
        StoreKind kind, [EnumeratorCancellation] CancellationToken ct)
    {
        var account = kind == StoreKind.Data ? _data : _keys;
        foreach (var name in Containers.NamesOf(account, _tables))
            await foreach (var document in DocumentsAsync(account, name, ct).ConfigureAwait(false))
                if (document.Name != PairDocument.Path) yield return document;
    }

    /// <inheritdoc/>
    public async Task MarkAsync(MoveMark mark)
    {
        var isWhole = mark.State == MoveState.Ready;
        await (_pair! with { Move = mark, IsComplete = isWhole }).ReplaceAsync(_keys).ConfigureAwait(false);
        var (_, found) = await PairOpening.ReadAsync(_data, _keys, _tables).ConfigureAwait(false);
        // Opened as soon as it could be.
        var isTaken = isWhole && found is { Move: null } && found.Pair.Span.SequenceEqual(_pair!.Pair.Span);
        if (found?.Move != mark && !isTaken) throw Throw.Taken(_keys.Options);
        _pair = found;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _watch?.Dispose();
        _data.Dispose();
        _keys.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<PairDocument?> DemandAsync(ReadOnlyMemory<byte> pairId, MoveMark mark)
    {
        var (dataPair, keyPair) = await PairOpening.ReadAsync(_data, _keys, _tables).ConfigureAwait(false);
        if (keyPair is null || keyPair.Move != mark || !keyPair.Pair.Span.SequenceEqual(pairId.Span))
            throw Throw.Taken(_keys.Options);
        Take((dataPair, keyPair));
        return dataPair;
    }

    // Whoever fills the stores writes as any other does: as long as they take its schema.
    private void Take((PairDocument? Data, PairDocument? Keys) found)
    {
        _pair = found.Keys;
        if (found is not ({ } data, { } keys) || _watch is not null) return;
        _watch = new PairWatch(
            _data, _keys, _tables, (data, keys), _keys.Options.Watch.GetTimestamp(), isRestoring: false);
        _dataStore = new CosmosDataStore(_data, _tables, _watch, _clock, _logger);
        _keyStore = new CosmosKeyStore(_keys, _tables, _watch, _clock, _logger);
    }

    private async IAsyncEnumerable<StoredName> DocumentsAsync(
        StoreAccount account, string container, [EnumeratorCancellation] CancellationToken ct)
    {
        var tables = _tables.Of(account.Store).Where(table => Place.Of(table).Container == container).ToList();
        string? at = null;
        do
        {
            ct.ThrowIfCancellationRequested();
            using var answer = await ContainerFeed.PageAsync(account, container, null, at, ct).ConfigureAwait(false);
            if (answer is not { Status: HttpStatusCode.OK, Body: { } body })
                throw account.Unreached($"{container}: {answer.Words}", answer.Cause);
            foreach (var document in NamesOf(account, body.RootElement))
                yield return new StoredName(
                    $"{container}/{document}",
                    tables.Select(table => DocumentName.TryRead(table, document)).FirstOrDefault(k => k is not null));
            at = answer.Continuation;
        }
        while (at is not null);
    }

    private static List<string> NamesOf(StoreAccount account, JsonElement page)
    {
        try
        {
            return [.. ContainerFeed.DocumentsOf(page).Select(document => document.GetProperty("id").GetString()!)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw account.Unreached("a page that cannot be read", e);
        }
    }
}
