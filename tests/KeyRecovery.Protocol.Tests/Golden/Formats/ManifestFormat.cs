using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// Manifest and signed manifest: its bytes, its place on the chain, how it follows the one before, and in an undo the
/// one that it returns to.
/// </summary>
internal sealed class ManifestFormat() : GoldenFormat("manifest", "§5")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        var story = new ManifestStory(this);
        yield return ("version 1 without items", story.First);
        yield return ("version 2 with two new items", story.Second);
        yield return ("version 3, one item changed in a new epoch, one deleted", story.Third);
        yield return ("an item of an earlier epoch on a path that leaves one off", story.PathWithout2);
        foreach (var (name, inputs) in story.Undos()) yield return (name, inputs);
        foreach (var (name, inputs) in story.Caps()) yield return (name, inputs);
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid() => new ManifestStory(this).Lies();

    public override JsonObject Write(JsonObject inputs)
    {
        var manifest = Of(inputs);
        using var key = SigningKeyOf(inputs);
        var signed = SignedManifest.Sign(manifest, key);
        return new JsonObject
        {
            ["body"] = Hex(signed.Body),
            ["hash"] = Hex(signed.Hash.ToArray()),
            ["signerKey"] = Hex(key.PublicKey.ToArray()),
            ["signature"] = Hex(signed.Signature),
            ["signedManifest"] = Hex(signed.Bytes),
        };
    }

    /// <summary>The manifest that inputs describe.</summary>
    public static Manifest Of(JsonObject inputs) => new()
    {
        Account = new AccountId(inputs.Bytes("account")),
        Version = inputs.Number("version"),
        Previous = new Hash256(inputs.Bytes("prev")),
        Trail = new Hash256(inputs.Bytes("trail")),
        Base = inputs.Number("baseVersion") == 0
            ? null : new ManifestPlace(inputs.Number("baseVersion"), new Hash256(inputs.Bytes("baseHash"))),
        ChainHead = new ChainPlace(inputs.Number("chainSeq"), new Hash256(inputs.Bytes("chainHash"))),
        Epoch = inputs.Number("epoch"),
        Items = [.. inputs.List("items").Select(i => new ManifestItem(
            new ItemId(i.Bytes("id")), i.Number("version"), i.Number("epoch"), (long)i.Number("size"),
            new Hash256(i.Bytes("hash"))))],
        LeafLabel = new Hash256(inputs.Bytes("leafLabel")),
        Private = inputs.Bytes("private"),
        Signer = new AuthorityId(inputs.Bytes("signer")),
    };

    /// <summary>The key of the signer.</summary>
    public static SigningKey SigningKeyOf(JsonObject inputs) => SigningKey.FromSeed(inputs.Bytes("signerSeed"));

    protected override string Judge(JsonObject told)
    {
        var manifest = SignedManifest.Decode(told.Bytes("signedManifest"));
        var place = manifest.CheckAgainst(
            new AccountId(told.Bytes("account")),
            new ChainPlace(told.Number("chainSeq"), new Hash256(told.Bytes("chainHash"))),
            PathOf([.. told.List("path").Select(e => e.GetValue<ulong>())]), new VerifyKey(told.Bytes("signerKey")));
        if (place != ProtocolFault.None) return Verdict(place);
        return Verdict(manifest.CheckFollows(Manifest(told, "before"), Manifest(told, "base")));
    }

    private static SignedManifest? Manifest(JsonObject told, string which) =>
        told.Text(which) is "" ? null : SignedManifest.Decode(told.Bytes(which));

    /// <summary>The path of these epochs, the newest first.</summary>
    public static EpochPath PathOf(ulong[] epochs) => EpochPath.Resume(
        epochs[0],
        [.. epochs.Zip(epochs[1..], (epoch, previous) => new EpochStep(epoch, previous))
            .Where(step => step.Previous != step.Epoch - 1).Reverse()]);
}
