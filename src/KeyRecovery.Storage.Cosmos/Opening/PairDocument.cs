using System.Buffers;
using System.Net;
using System.Text.Json;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Documents;
using Microsoft.Azure.Cosmos;

namespace KeyRecovery.Storage.Cosmos.Opening;

/// <summary>
/// The document that says who a store is: which of the two, the pair it belongs to, its schema, which only goes
/// forward, and (in the key store) whether the other one has once been there, which restore is under way, and which
/// move fills the pair.
/// </summary>
internal sealed record PairDocument(
    ReadOnlyMemory<byte> Pair, StoreSchema Schema, bool IsComplete, string? Restore = null, MoveMark? Move = null,
    string ETag = "")
{
    public const int PairIdSize = 16;

    private const string Name = "pair";

    /// <summary>Its container and its name.</summary>
    public const string Path = Place.Server + "/" + Name;

    private static readonly PartitionKey Partition = new(Name);

    /// <summary>Reads it; null where there is none.</summary>
    /// <exception cref="StoreOpenException">
    /// It is another store's, or nothing that this program has written.
    /// </exception>
    /// <exception cref="StoreUnavailableException">The account does not answer.</exception>
    public static async Task<PairDocument?> ReadAsync(StoreAccount account)
    {
        using var answer = await account.AskAsync(
            ct => account.Container(Place.Server).ReadItemStreamAsync(Name, Partition, null, ct),
            CancellationToken.None).ConfigureAwait(false);
        if (answer.IsAbsent) return null;
        if (answer is not { Status: HttpStatusCode.OK, Body: { } body })
            throw account.Unreached(answer.Words, answer.Cause);
        return Decode(account, body.RootElement) ?? throw Throw.NotOurs(account.Options, account.Role);
    }

    /// <summary>Writes it where there is none; whoever else does so at the same time may be first.</summary>
    public Task CreateAsync(StoreAccount account) => WriteAsync(
        account, HttpStatusCode.Conflict,
        (document, ct) => account.Container(Place.Server).CreateItemStreamAsync(document, Partition, null, ct));

    /// <summary>Writes it again, where nobody else has: to be read again.</summary>
    public Task ReplaceAsync(StoreAccount account) => WriteAsync(
        account, HttpStatusCode.PreconditionFailed,
        (document, ct) => account.Container(Place.Server).ReplaceItemStreamAsync(
            document, Name, Partition, new ItemRequestOptions { IfMatchEtag = ETag }, ct));

    private async Task WriteAsync(
        StoreAccount account, HttpStatusCode late, Func<Stream, CancellationToken, Task<ResponseMessage>> send)
    {
        using var answer = await account.AskAsync(
            ct => send(new MemoryStream(Encode(account.Store), writable: false), ct), CancellationToken.None)
            .ConfigureAwait(false);
        if (answer.Status is not (HttpStatusCode.Created or HttpStatusCode.OK) && answer.Status != late)
            throw account.Unreached(answer.Words, answer.Cause);
    }

    private byte[] Encode(StoreKind store)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteString("id"u8, Name);
        writer.WriteString("pk"u8, Name);
        writer.WriteString("store"u8, StoreName(store));
        writer.WriteBase64String("pair"u8, Pair.Span);
        writer.WriteNumber("schema"u8, Schema.Made);
        writer.WriteNumber("least"u8, Schema.Least);
        writer.WriteNumber("written"u8, Schema.Written);
        writer.WriteBoolean("complete"u8, IsComplete);
        if (Restore is not null) writer.WriteString("restore"u8, Restore);
        if (Move is { } move)
        {
            writer.WriteStartObject("move"u8);
            writer.WriteString("id"u8, move.Id);
            writer.WriteString("state"u8, move.State.ToString());
            writer.WriteString("other"u8, move.Other);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static PairDocument? Decode(StoreAccount account, JsonElement document)
    {
        try
        {
            var pair = document.GetProperty("pair").GetBytesFromBase64();
            var isOurs = document.GetProperty("store").GetString() == StoreName(account.Store);
            return isOurs && pair.Length == PairIdSize
                ? new PairDocument(
                    pair, SchemaOf(document), document.GetProperty("complete").GetBoolean(),
                    document.TryGetProperty("restore", out var restore) ? restore.GetString() : null,
                    document.TryGetProperty("move", out var move) ? DecodeMove(move) : null,
                    document.GetProperty("_etag").GetString()!)
                : null;
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    private static StoreSchema SchemaOf(JsonElement document) => new(
        document.GetProperty("schema").GetInt32(), document.GetProperty("least").GetInt32(),
        document.GetProperty("written").GetInt32());

    private static MoveMark DecodeMove(JsonElement move) =>
        Enum.TryParse<MoveState>(move.GetProperty("state").GetString(), out var state)
            ? new MoveMark(move.GetProperty("id").GetGuid(), state, move.GetProperty("other").GetString()!)
            : throw new FormatException();

    private static string StoreName(StoreKind store) => store == StoreKind.Data ? "data" : "keys";
}
