using System.Text.Json;
using System.Text.Json.Nodes;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos.Documents;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Cosmos;

public sealed class RowDocumentTests
{
    private static readonly RowKey Key = new(Table.Items, SystemRandom.Bytes(48));

    private static JsonObject Stored(ReadOnlyMemory<byte> value)
    {
        var written = RowDocument.Encode(DocumentName.Of(Key), 3, 495_000, value.Span);
        var document = JsonNode.Parse(written.Span)!.AsObject();
        document["_etag"] = "\"tag\"";
        return document;
    }

    private static Row? Decode(JsonNode document) =>
        RowDocument.Decode(Table.Items, JsonDocument.Parse(document.ToJsonString()).RootElement);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_150_000)]
    public void A_document_has_the_row_and_no_more_bytes_than_were_foreseen(int size)
    {
        var value = SystemRandom.Bytes(size);
        var row = Decode(Stored(value))!;
        Assert.Equal((Key, 3, 495_000, RowToken.Of("\"tag\"")), (row.Key, row.Version, row.WrittenHour, row.Token));
        Assert.Equal(value, row.Value.ToArray());
        var longest = RowDocument.Encode(DocumentName.Of(Key), long.MaxValue, long.MaxValue, value).Length;
        Assert.InRange(longest, 1, RowDocument.SizeOf(Key, size));
        Assert.InRange(RowDocument.SizeOf(Key, size), 1, RowDocument.MaxSize);
    }

    /// <summary>What comes over the network may be anything (Z18).</summary>
    public static TheoryData<string, string> Crafted => new()
    {
        { "id", "null" }, { "id", "5" }, { "pk", "\"AAAA\"" }, { "pk", "null" }, { "v", "0" }, { "v", "-1" },
        { "v", "1.5" }, { "v", "99999999999999999999" }, { "v", "\"1\"" }, { "h", "-1" }, { "h", "null" },
        { "d", "null" }, { "d", "\"=\"" }, { "d", "[]" }, { "_etag", "\"\"" }, { "_etag", "7" }, { "_etag", "null" },
    };

    [Theory]
    [MemberData(nameof(Crafted))]
    public void A_crafted_document_is_no_row_and_says_so(string name, string value)
    {
        var document = Stored(new byte[] { 1 });
        document[name] = JsonNode.Parse(value);
        Assert.Throws<JsonException>(() => Decode(document));
        document.Remove(name);
        Assert.Throws<JsonException>(() => Decode(document));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("null")]
    public void What_is_no_object_is_no_row_and_says_so(string document) => Assert.Throws<JsonException>(
        () => RowDocument.Decode(Table.Items, JsonDocument.Parse(document).RootElement));

    [Fact]
    public void A_document_of_another_table_is_passed_over()
    {
        var document = Stored(new byte[] { 1 });
        Assert.Null(RowDocument.Decode(Table.Links, JsonDocument.Parse(document.ToJsonString()).RootElement));
    }
}
