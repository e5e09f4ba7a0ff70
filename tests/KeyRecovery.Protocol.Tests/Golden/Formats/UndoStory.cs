using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// Version 6 of an account has the items x and y. Somebody changed x, deleted y and wrote z, which is version 7;
/// version 8 returns to version 6, by a link that begins epoch 3 and leaves epoch 2 off.
/// </summary>
internal sealed class UndoStory
{
    private static readonly ManifestFormat Manifests = new();

    private readonly TestRandom _random = new(2350);
    private readonly JsonObject _undo;
    private readonly JsonObject _x;
    private readonly JsonObject _y;
    private readonly JsonObject _z;
    private readonly JsonObject _changed;

    public UndoStory()
    {
        var ids = Enumerable.Range(0, 3).Select(_ => _random.Bytes(16)).OrderBy(id => new ItemId(id)).ToArray();
        (_x, _y, _z) = (Item(ids[0], 4, 1), Item(ids[1], 2, 1), Item(ids[2], 1, 1));
        _changed = Item(ids[0], 5, 1);
        var account = Hex(_random.Bytes(16));
        var undoneTo = With(Inputs(account, 6, [1], default), _x, _y);
        var signedBase = Signed(undoneTo);
        var before = With(Inputs(account, 7, [1], signedBase), _changed, _z);
        var signedBefore = Signed(before);
        _undo = Inputs(account, 8, [3, 1], signedBefore).With(new JsonObject
        {
            ["baseVersion"] = 6UL, ["baseHash"] = Hex(signedBase.Hash.ToArray()), ["base"] = Hex(signedBase.Bytes),
            ["before"] = Hex(signedBefore.Bytes), ["keysets"] = 1UL, ["by"] = "device", ["changed"] = new JsonArray(),
            ["baseLabelKey"] = Hex(_random.Bytes(32)),
        });
        // It follows from the base's key.
        _undo.Remove("leafLabel");
    }

    private JsonObject Undo => (JsonObject)_undo.DeepClone();

    private JsonObject BySlot => Undo.With(new JsonObject { ["by"] = "slot" });

    public IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("all of the base, by a slot, what was written since is left out", With(BySlot, _x, _y));
        yield return ("one of each, by a slot: the newer version is kept, the deleted item comes back",
            With(BySlot, _changed, _y, _z));
        yield return ("by a slot, what one of both lacks is left out", With(BySlot, _changed));
        yield return ("by a device, changed from the base's though the one before is higher",
            Changed(_x, With(Undo, Item(_x, 6, 3), _y)));
        yield return ("by a device, changed from what only the base has",
            Changed(_y, With(Undo, _x, Item(_y, 3, 3))));
        yield return ("by a device, changed from what only the manifest before has",
            Changed(_z, With(Undo, _x, _y, Item(_z, 2, 3))));
        var fresh = Item(_random.Bytes(16), 1, 3);
        yield return ("by a device, a new item", Changed(fresh, With(Undo, _x, _y, fresh)));
        yield return ("by a device, nothing is left", Undo);
    }

    public IEnumerable<(string, JsonObject, string)> Lies(Func<JsonObject, JsonObject> told)
    {
        const string wrong = nameof(ProtocolFault.ManifestBase), items = nameof(ProtocolFault.ManifestItems);
        yield return ("on a link that begins no epoch",
            told(With(Undo.With(new JsonObject { ["keysets"] = 2UL }), _x, _y)), wrong);
        yield return ("on link 0", told(With(
            Undo.With(new JsonObject { ["chainSeq"] = 0UL, ["path"] = new JsonArray(1UL), ["epoch"] = 1UL }), _x, _y)),
            wrong);
        yield return ("a slot leaves out what both have", told(With(BySlot, _y)), "forbidden");
        yield return ("a slot changes an item", told(With(BySlot, Item(_x, 6, 3), _y)), "forbidden");
        yield return ("a slot writes a new item",
            told(With(BySlot, _x, _y, Item(_random.Bytes(16), 1, 3))), "forbidden");
        yield return ("changed to one above the base's", told(With(Undo, Item(_x, 5, 3), _y)), items);
        yield return ("changed to two above the higher one", told(With(Undo, Item(_x, 7, 3), _y)), items);
        yield return ("changed in the epoch that is left off", told(With(Undo, Item(_x, 6, 2), _y)), items);
        var label = told(With(Undo, _x, _y)).With(new JsonObject { ["baseLabelKey"] = Hex(_random.Bytes(32)) });
        yield return ("the leaf's label is not of the base's key", label, "leaf-label");
    }

    private static JsonObject Changed(JsonObject item, JsonObject inputs) =>
        inputs.With(new JsonObject { ["changed"] = new JsonArray(item.Text("id")) });

    private static SignedManifest Signed(JsonObject inputs) =>
        SignedManifest.Decode(Manifests.Write(inputs).Bytes("signedManifest"));

    private JsonObject Inputs(string account, ulong version, ulong[] path, SignedManifest? before) => new()
    {
        ["account"] = account,
        ["version"] = version,
        ["prev"] = Hex((before?.Hash ?? new Hash256(_random.Bytes(32))).ToArray()),
        ["trail"] = Hex((before?.NextTrail ?? new Hash256(_random.Bytes(32))).ToArray()),
        ["baseVersion"] = 0UL,
        ["baseHash"] = "",
        ["chainSeq"] = path[0],
        ["chainHash"] = Hex(_random.Bytes(32)),
        ["epoch"] = path[0],
        ["path"] = new JsonArray([.. path.Select(epoch => (JsonNode)epoch)]),
        ["items"] = new JsonArray(),
        ["leafLabel"] = Hex(_random.Bytes(32)),
        ["private"] = Hex(_random.Bytes(296)),
        ["signer"] = Hex(_random.Bytes(16)),
        ["signerSeed"] = Hex(_random.Bytes(32)),
    };

    private static JsonObject With(JsonObject inputs, params JsonObject[] items) => inputs.With(new JsonObject
    {
        ["items"] = new JsonArray(
            [.. items.OrderBy(i => new ItemId(i.Bytes("id"))).Select(i => (JsonNode)i.DeepClone())]),
    });

    private JsonObject Item(JsonObject item, ulong version, ulong epoch) => Item(item.Bytes("id"), version, epoch);

    private JsonObject Item(byte[] id, ulong version, ulong epoch) => new()
    {
        ["id"] = Hex(id), ["version"] = version, ["epoch"] = epoch, ["size"] = 380UL, ["hash"] = Hex(_random.Bytes(32)),
    };
}
