using System.Collections.Immutable;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// An undo as a server takes it: an entry of each kind with what its item's header names, the leaf's label from the
/// base's key, whose it may be, and on which link it stands.
/// </summary>
internal sealed class UndoFormat() : GoldenFormat("undo", "§5")
{
    private const string Forbidden = "forbidden";

    private static readonly ManifestFormat Manifests = new();

    public override IEnumerable<(string, JsonObject)> Valid() => new UndoStory().Valid();

    public override IEnumerable<(string, JsonObject, string)> Invalid() => new UndoStory().Lies(Told);

    public override JsonObject Write(JsonObject inputs)
    {
        var (before, undoneTo) = (Entries(inputs, "before"), Entries(inputs, "base"));
        var changed = inputs.BytesList("changed").Select(id => new ItemId(id));
        using var labelKey = SecretBytes.Copy(inputs.Bytes("baseLabelKey"));
        var label = ManifestPrivate.LeafLabel(
            labelKey, new AccountId(inputs.Bytes("account")), inputs.Number("version"));
        var written = Manifests.Write(inputs.With(new JsonObject { ["leafLabel"] = Hex(label.ToArray()) }));
        written["leafLabel"] = Hex(label.ToArray());
        written["headers"] = new JsonArray([.. changed.Select(id => new JsonObject
        {
            ["id"] = Hex(id.ToArray()),
            ["version"] = ManifestItem.NextVersion(before.Find(id), undoneTo.Find(id)),
            ["previous"] = Hex(ManifestItem.PreviousOf(before.Find(id), undoneTo.Find(id)).ToArray()),
        })]);
        return written;
    }

    protected override string Judge(JsonObject told)
    {
        var manifest = SignedManifest.Decode(told.Bytes("signedManifest"));
        var (before, undoneTo) = (Signed(told, "before")!, Signed(told, "base"));
        var head = HeadOf(told, manifest.Manifest.Signer);
        if (manifest.CheckAgainst(head) is var place and not ProtocolFault.None) return Verdict(place);
        if (manifest.CheckFollows(before, undoneTo) is var follows and not ProtocolFault.None) return Verdict(follows);
        if (told.Text("by") == "slot" && !manifest.ChangesNothing(before, undoneTo)) return Forbidden;
        using var labelKey = SecretBytes.Copy(told.Bytes("baseLabelKey"));
        return manifest.Manifest.HasLeafLabelOf(labelKey) ? Accepted : "leaf-label";
    }

    private JsonObject Told(JsonObject inputs) => inputs.With(Write(inputs)).Only(
        "account", "chainSeq", "chainHash", "path", "keysets", "signerKey", "before", "base", "baseLabelKey", "by",
        "signedManifest");

    private static ChainHead HeadOf(JsonObject told, AuthorityId signer)
    {
        var kem = Hash256.Of([]);
        var active = new ActiveAuthority(
            signer, AuthorityKind.Device, new VerifyKey(told.Bytes("signerKey")), kem, 1, 0, 0);
        return ChainHead.Resume(
            new AccountId(told.Bytes("account")),
            new ChainPlace(told.Number("chainSeq"), new Hash256(told.Bytes("chainHash"))),
            ManifestFormat.PathOf([.. told.List("path").Select(e => e.GetValue<ulong>())]), default,
            [.. Enumerable.Repeat(kem, (int)told.Number("keysets"))],
            ImmutableSortedDictionary<AuthorityId, ActiveAuthority>.Empty.Add(signer, active), UsedNames.Empty, null);
    }

    private static SignedManifest? Signed(JsonObject told, string which) =>
        told.Text(which) is "" ? null : SignedManifest.Decode(told.Bytes(which));

    private static Manifest Entries(JsonObject inputs, string which) => Signed(inputs, which)!.Manifest;
}
