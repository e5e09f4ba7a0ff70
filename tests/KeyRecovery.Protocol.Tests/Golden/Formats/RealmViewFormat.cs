using System.Collections.Immutable;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>What a realm makes of a head: old, newer, a fork, or one that it follows under a claim.</summary>
internal sealed class RealmViewFormat() : GoldenFormat("realm-view", "§14.4")
{
    public override IEnumerable<(string, JsonObject)> Valid() => RealmStories.Valid();

    public override IEnumerable<(string, JsonObject, string)> Invalid() => RealmStories.Invalid();

    public override JsonObject Write(JsonObject inputs)
    {
        var (verdict, view) = Run(inputs);
        Assert.False(verdict is RealmVerdict.Refused);
        return new JsonObject
        {
            ["verdict"] = verdict.GetType().Name.ToLowerInvariant(),
            ["now"] = Hex(view.Head.Bytes),
            ["active"] = new JsonArray([.. view.Active.Values.Select(a => new JsonObject
            {
                ["id"] = Hex(a.Id.ToArray()), ["knownSince"] = a.KnownSince,
            })]),
            ["kept"] = HexArray(view.Claims.Select(claim => claim.Bytes.ToArray())),
            ["contradicting"] = view.Contradicting is { } other ? Hex(other.Bytes) : "",
            ["replaced"] = view.Replaced is { } before ? Hex(before.Bytes) : "",
        };
    }

    protected override string Judge(JsonObject told) =>
        Run(told).Verdict is RealmVerdict.Refused(var fault) ? Verdict(fault) : Accepted;

    private static (RealmVerdict Verdict, RealmView View) Run(JsonObject told)
    {
        List<VerifyKey> keys = [.. told.BytesList("homeKeys").Select(key => new VerifyKey(key))];
        var app = told.Text("appId");
        RealmMoment At(string name) => new(told.Number(name), told.Number(name));
        var begun = RealmView.Begin(
            app, SignedHead.Decode(told.Bytes("first")), Memories(told, "firstLinks"), keys, At("since"));
        if (begun is not RealmVerdict.Newer(var view)) return (begun, null!);
        // What it was shown before, and kept.
        if (told.ContainsKey("before"))
        {
            view = ((RealmVerdict.Fork)view.Follow(
                new Hash256(told.Bytes("fingerprint")), app, SignedHead.Decode(told.Bytes("before")),
                Memories(told, "beforeLinks"), [], null, keys, At("beforeAt"))).View;
        }
        var fork = told.Text("fork") is "" ? null : RealmFork.Decode(told.Bytes("fork"));
        var verdict = view.Follow(
            new Hash256(told.Bytes("fingerprint")), app, SignedHead.Decode(told.Bytes("head")),
            Memories(told, "links"), Memories(told, "claims"),
            fork, keys, At("at"));
        return (verdict, verdict switch
        {
            RealmVerdict.Newer(var next) => next,
            RealmVerdict.Fork(var next) => next,
            RealmVerdict.Restored(var next) => next,
            RealmVerdict.Left(var next) => next,
            _ => view,
        });
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> Memories(JsonObject told, string name) =>
        [.. told.BytesList(name).Select(bytes => (ReadOnlyMemory<byte>)bytes)];
}
