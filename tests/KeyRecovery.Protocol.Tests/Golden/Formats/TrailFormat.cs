using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// The trail of each manifest that follows. A trail alone is nothing that a reader could refuse: which hashes it
/// refuses to descend by stands in vault.json.
/// </summary>
internal sealed class TrailFormat() : GoldenFormat("trail", "§5")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("from version 1", Inputs(new byte[32], 4));
        yield return ("from a later one", Inputs(new TestRandom(3300).Bytes(32), 3));
        yield return ("none", Inputs(new TestRandom(3301).Bytes(32), 0));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid() => [];

    public override JsonObject Write(JsonObject inputs)
    {
        var trail = new Hash256(inputs.Bytes("trail"));
        var hashes = inputs.BytesList("hashes").Select(h => new Hash256(h)).ToList();
        List<Hash256> trails = [.. hashes.Select((_, i) => ManifestTrail.Next(trail, hashes.Take(i + 1)))];
        return new JsonObject
        {
            ["hashed"] = HexArray(hashes.Select((hash, i) => (byte[])
            [
                .. "keyrecovery/v1/trail"u8, 0, .. (i == 0 ? trail : trails[i - 1]).ToArray(), .. hash.ToArray(),
            ])),
            ["trails"] = HexArray(trails.Select(t => t.ToArray())),
        };
    }

    protected override string Judge(JsonObject told)
    {
        Assert.Equal(
            told.BytesList("hashed").Select(bytes => Hex(Hash256.Of(bytes).ToArray())),
            told.BytesList("trails").Select(bytes => Hex(bytes)));
        return Accepted;
    }

    private static JsonObject Inputs(byte[] trail, int hashes)
    {
        var random = new TestRandom(3302 + hashes);
        return new JsonObject
        {
            ["trail"] = Hex(trail),
            ["hashes"] = HexArray(Enumerable.Range(0, hashes).Select(_ => random.Bytes(32))),
        };
    }
}
