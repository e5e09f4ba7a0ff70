using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// The manifests of one account, of which the examples of <see cref="ManifestFormat"/> are made: version 2 has the
/// items x and y; version 3 changed x in epoch 2 and deleted y; version 4 returns to version 2 in epoch 3.
/// </summary>
internal sealed class ManifestStory
{
    private static readonly TestRandom Random = new(2300);
    private static readonly string Account = Hex(Random.Bytes(16));

    private readonly ManifestFormat _format;
    private readonly JsonObject _x;
    private readonly JsonObject _y;
    private readonly JsonObject _changed;

    public ManifestStory(ManifestFormat format)
    {
        var random = new TestRandom(2301);
        _format = format;
        var ids = new[] { random.Bytes(16), random.Bytes(16) }.OrderBy(id => new ItemId(id)).ToArray();
        (_x, _y) = (Item(ids[0], 1, 1, random), Item(ids[1], 1, 1, random));
        _changed = Item(ids[0], 2, 2, random);
        First = Inputs(null, 1);
        Second = With(Inputs(First, 1), _x, _y);
        Third = With(Inputs(Second, 2, 1), _changed);
        PathWithout2 = With(Inputs(Second, 3, 1), _x, _y);
    }

    public JsonObject First { get; }

    public JsonObject Second { get; }

    public JsonObject Third { get; }

    public JsonObject PathWithout2 { get; }

    /// <summary>Version 4 in epoch 3, which returns to version 2.</summary>
    private JsonObject Undo => Return(Inputs(Third, 3, 2, 1), Second);

    public IEnumerable<(string, JsonObject)> Undos()
    {
        yield return ("undo: both entries are the base's, one of them lower than before", With(Undo, _x, _y));
        yield return ("undo: one entry is that of the manifest before, the other is left out", With(Undo, _changed));
        yield return ("undo: every entry is left out", Undo);
        yield return ("undo: one entry changed from the one before, one from the base, one is new",
            With(Undo, Changed(_x, 3, 3), Changed(_y, 2, 3), Changed(_y, 1, 3, "ff")));
        // A second undo finds an entry that is lower before than in its base.
        var lower = With(Undo, _x, _y);
        var again = Return(Inputs(lower, 4, 3, 2, 1), Third);
        yield return ("undo of an undo: the entry of the base is higher than before", With(again, _changed));
        yield return ("undo of an undo: changed from the higher one of the base",
            With(again, Changed(_x, 3, 4)));
        yield return ("undo to the manifest before", With(Return(Inputs(Second, 2, 1), Second), _x, _y));
    }

    public IEnumerable<(string, JsonObject)> Caps()
    {
        var large = With(Inputs(Second, 1), Changed(_x, 2, 1));
        large["items"]![0]!["size"] = (ulong)SealedItem.MaxSizeOf(Limits.MaxItemBytes);
        yield return ("an item as large as any", large);
        var numbers = Inputs(null, CborOut.MaxInteger);
        numbers["chainSeq"] = CborOut.MaxInteger;
        yield return ("largest integers", numbers);
    }

    public IEnumerable<(string, JsonObject, string)> Lies() =>
        new ManifestLies(_format, Third).All().Concat(Paths()).Concat(WrongUndos());

    private IEnumerable<(string, JsonObject, string)> Paths()
    {
        const string items = nameof(ProtocolFault.ManifestItems);
        yield return ("an entry of an epoch that the path leaves off",
            Told(With(Inputs(Third, 3, 1), _changed)), items);
        yield return ("an entry of an epoch to come", Told(With(Inputs(Third, 2, 1), Changed(_x, 2, 3))), items);
        yield return ("an entry of epoch 0", Told(With(Inputs(Third, 2, 1), Changed(_x, 2, 0))), items);
        // Taken over unchanged from a manifest before that nobody should have taken.
        var ahead = Changed(_x, 4, 1);
        yield return ("an item's version above its manifest's",
            Told(With(Inputs(With(Inputs(First, 1), ahead), 1), ahead)), items);
    }

    private IEnumerable<(string, JsonObject, string)> WrongUndos()
    {
        const string items = nameof(ProtocolFault.ManifestItems), wrong = nameof(ProtocolFault.ManifestBase);
        yield return ("undo: changed to the version before's own", Told(With(Undo, Changed(_x, 2, 3))), items);
        yield return ("undo: changed to one above the lower of both", Told(With(Undo, Changed(_x, 2, 3), _y)), items);
        yield return ("undo: changed to two above the higher of both", Told(With(Undo, Changed(_x, 4, 3))), items);
        yield return ("undo: changed in an epoch before", Told(With(Undo, Changed(_x, 3, 2))), items);
        yield return ("undo: the base's entry with another hash", Told(With(Undo, Changed(_y, 1, 1))), items);
        yield return ("undo: the base's entry with another size",
            Told(With(Undo, (JsonObject)_y.With(new JsonObject { ["size"] = 508UL }))), items);
        yield return ("undo: a new item begins at version 2", Told(With(Undo, Changed(_y, 2, 3, "ff"))), items);
        yield return ("the base's entry, and no undo", Told(With(Inputs(Third, 3, 2, 1), _x)), items);
        yield return ("undo: the base is another", Told(With(Undo, _x, _y), @base: First), wrong);
        yield return ("undo: the base is nowhere to be had",
            Told(With(Undo, _x, _y)).With(new JsonObject { ["base"] = "" }), wrong);
        yield return ("no undo, but a base is shown", Told(With(Inputs(Third, 3, 2, 1), _changed), @base: Second),
            wrong);
        yield return ("undo: the base's hash at another version",
            Told(With(Undo, _x, _y).With(new JsonObject { ["baseVersion"] = 1UL }), @base: Second), wrong);
        var ahead = Inputs(Third, 3, 2, 1).With(new JsonObject { ["version"] = 9UL });
        yield return ("undo: to a version to come", Told(Return(Inputs(Third, 3, 2, 1), ahead)), wrong);
        var same = Inputs(Third, 3, 2, 1);
        yield return ("undo: to another manifest of its own version",
            Told(Return(Inputs(Third, 3, 2, 1), same)), wrong);
        yield return ("undo: does not follow the manifest before",
            Told(With(Undo, _x, _y).With(new JsonObject { ["prev"] = _format.Write(Second).Text("hash") })),
            nameof(ProtocolFault.ForkedManifest));
    }

    private JsonObject Told(JsonObject inputs, JsonObject? @base = null)
    {
        var told = inputs.With(_format.Write(inputs))
            .Only("account", "chainSeq", "chainHash", "path", "signerKey", "before", "base", "signedManifest");
        return @base is null
            ? told : told.With(new JsonObject { ["base"] = _format.Write(@base).Text("signedManifest") });
    }

    private JsonObject Return(JsonObject inputs, JsonObject to)
    {
        var written = _format.Write(to);
        return inputs.With(new JsonObject
        {
            ["baseVersion"] = to.Number("version"), ["baseHash"] = written.Text("hash"),
            ["base"] = written.Text("signedManifest"),
        });
    }

    private JsonObject Inputs(JsonObject? before, params ulong[] path)
    {
        var written = before is null ? null : _format.Write(before);
        var random = new TestRandom(2310 + (int)(path[0] % 100) + (before is null ? 0 : (int)before.Number("version")));
        return new JsonObject
        {
            ["account"] = Account,
            ["version"] = before is null ? 1UL : before.Number("version") + 1,
            ["prev"] = written is null ? Hex(new byte[32]) : written.Text("hash"),
            ["trail"] = Hex(before is null ? new byte[32] : ManifestTrail.Next(
                new Hash256(before.Bytes("trail")), new Hash256(written!.Bytes("hash"))).ToArray()),
            ["baseVersion"] = 0UL,
            ["baseHash"] = "",
            ["chainSeq"] = path[0] - 1,
            ["chainHash"] = Hex(random.Bytes(32)),
            ["epoch"] = path[0],
            ["path"] = new JsonArray([.. path.Select(epoch => (JsonNode)epoch)]),
            ["items"] = new JsonArray(),
            ["leafLabel"] = Hex(random.Bytes(32)),
            ["private"] = Hex(random.Bytes(296)),
            ["signer"] = Hex(random.Bytes(16)),
            ["signerSeed"] = Hex(random.Bytes(32)),
            ["before"] = written is null ? "" : written.Text("signedManifest"),
            ["base"] = "",
        };
    }

    private static JsonObject With(JsonObject inputs, params JsonObject[] items) => inputs.With(new JsonObject
    {
        ["items"] = new JsonArray(
            [.. items.OrderBy(i => new ItemId(i.Bytes("id"))).Select(i => (JsonNode)i.DeepClone())]),
    });

    /// <summary>Another content of an item, or with <paramref name="first"/> of one with another id.</summary>
    private static JsonObject Changed(JsonObject item, ulong version, ulong epoch, string first = "")
    {
        var id = item.Text("id");
        return Item(Convert.FromHexString(first + id[first.Length..]), version, epoch, new TestRandom(8));
    }

    private static JsonObject Item(byte[] id, ulong version, ulong epoch, TestRandom random) => new()
    {
        ["id"] = Hex(id), ["version"] = version, ["epoch"] = epoch, ["size"] = 380UL, ["hash"] = Hex(random.Bytes(32)),
    };
}
