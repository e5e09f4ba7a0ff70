using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Cosmos.Documents;

/// <summary>
/// A row as a document: <c>id</c> and <c>pk</c> name it, <c>v</c> is its version, <c>h</c> the hour in which it was
/// written and <c>d</c> its value in base64. The service's <c>_etag</c> is the token.
/// </summary>
internal static class RowDocument
{
    /// <summary>The most bytes of a document as it is sent: 1.5 MiB, of the 2 MiB that the service takes.</summary>
    public const int MaxSize = 3 << 19;

    // Names, punctuation and two numbers of at most 20 digits.
    private const int FrameSize = 80;

    /// <summary>The most bytes that a document of this row can have.</summary>
    public static int SizeOf(RowKey key, int valueSize)
    {
        var name = DocumentName.Of(key);
        return FrameSize + name.Id.Length + name.Partition.Length + Base64.GetMaxEncodedToUtf8Length(valueSize);
    }

    /// <summary>The document, in UTF-8.</summary>
    public static ReadOnlyMemory<byte> Encode(DocumentName name, long version, long hour, ReadOnlySpan<byte> value)
    {
        var buffer = new ArrayBufferWriter<byte>(
            FrameSize + name.Id.Length + name.Partition.Length + Base64.GetMaxEncodedToUtf8Length(value.Length));
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteString("id"u8, name.Id);
        writer.WriteString("pk"u8, name.Partition);
        writer.WriteNumber("v"u8, version);
        writer.WriteNumber("h"u8, hour);
        writer.WriteBase64String("d"u8, value);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>
    /// Reads a document of a table; null where it is one of another table, which a container may hold as well.
    /// </summary>
    /// <exception cref="JsonException">It is no row: what comes over the network may be anything.</exception>
    public static Row? Decode(Table table, JsonElement document)
    {
        if (DocumentName.TryRead(table, Text(document, "id")) is not { } key) return null;
        if (DocumentName.Of(key).Partition != Text(document, "pk"))
            throw new JsonException("a document is in another partition than its row");
        if (!document.TryGetProperty("d", out var d) || d.ValueKind != JsonValueKind.String
            || !d.TryGetBytesFromBase64(out var value))
            throw new JsonException("a document has no value");
        var (version, hour, tag) = (Number(document, "v"), Number(document, "h"), Text(document, "_etag"));
        if (version < 1 || hour < 0 || tag.Length == 0) throw new JsonException("a document has impossible numbers");
        return new Row(key, value, version, hour, RowToken.Of(tag));
    }

    private static string Text(JsonElement document, string name) =>
        document.ValueKind == JsonValueKind.Object && document.TryGetProperty(name, out var text)
        && text.ValueKind == JsonValueKind.String
            ? text.GetString()! : throw new JsonException($"a document has no {name}");

    private static long Number(JsonElement document, string name) =>
        document.TryGetProperty(name, out var number) && number.ValueKind == JsonValueKind.Number
        && number.TryGetInt64(out var value)
            ? value : throw new JsonException($"a document has no {name}");
}
