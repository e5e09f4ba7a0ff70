using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>What is asked of many items at once, and the answer.</summary>
internal sealed class ItemBatchFormat() : GoldenFormat("item-batch", "§7")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        var random = new TestRandom(3400);
        yield return ("one", Inputs([random.Bytes(380)]));
        yield return ("several, of which the second is not there",
            Inputs([random.Bytes(380), [], random.Bytes(636), random.Bytes(1_148)]));
        yield return ("none of those asked for is there", Inputs([[], []]));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var (request, answer) = (new ItemBatchRequest([Hash256.Of([1])]), new ItemBatch([new byte[] { 1, 2 }]));
        foreach (var (name, told, verdict) in Lies.OfCbor(request.Encode(), bytes => Told(bytes, answer.Encode())))
            yield return ($"request: {name}", told, verdict);
        foreach (var (name, told, verdict) in Lies.OfCbor(answer.Encode(), bytes => Told(request.Encode(), bytes)))
            yield return ($"answer: {name}", told, verdict);
        yield return ("nothing asked for", Told(new ItemBatchRequest([]).Encode(), answer.Encode()), Malformed);
        yield return ("nothing answered", Told(request.Encode(), new ItemBatch([]).Encode()), Malformed);
        yield return ("a hash of 31 bytes", Told(
            new CborOut().Array(3).Text(Labels.ItemBatchRequest).UInt(1).Array(1).Bytes(new byte[31]).ToArray(),
            answer.Encode()), Malformed);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        var items = inputs.BytesList("items").Select(item => (ReadOnlyMemory<byte>)item).ToArray();
        var hashes = inputs.BytesList("hashes").Select(hash => new Hash256(hash));
        return Told(new ItemBatchRequest([.. hashes]).Encode(), new ItemBatch([.. items]).Encode());
    }

    protected override string Judge(JsonObject told)
    {
        var (request, answer) = (told.Bytes("request"), told.Bytes("answer"));
        Assert.Equal(request, ItemBatchRequest.Decode(request).Encode());
        Assert.Equal(answer, ItemBatch.Decode(answer).Encode());
        return Accepted;
    }

    private static JsonObject Told(byte[] request, byte[] answer) =>
        new() { ["request"] = Hex(request), ["answer"] = Hex(answer) };

    private static JsonObject Inputs(byte[][] items) => new()
    {
        ["hashes"] = HexArray(items.Select((item, i) => Hash256.Of(item.Length == 0 ? [(byte)i] : item).ToArray())),
        ["items"] = HexArray(items),
    };
}
