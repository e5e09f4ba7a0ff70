using System.Collections.Immutable;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>A restore point as a server tells it, whether it holds for a reader of the vault, and whether it opens.
/// </summary>
internal sealed class RestorePointFormat() : GoldenFormat("restore-point", "§7")
{
    public override IEnumerable<(string, JsonObject)> Valid() => new RestorePointStory().Valid();

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var story = new RestorePointStory();
        return [
            .. Lies.OfCbor(Write(story.Undone).Bytes("restorePoint"), Shape),
            .. story.Shapes().Select(s => (s.Name, Shape(s.Bytes), Malformed)),
            .. story.Lies(inputs => inputs.With(Write(inputs)).Only(
                [.. RestorePointStory.Told, .. inputs.ContainsKey("gaps") ? ["gaps"] : Array.Empty<string>()])),
        ];
    }

    public override JsonObject Write(JsonObject inputs) => Shape(new RestorePoint(
        SignedManifest.Decode(inputs.Bytes("signedManifest")), inputs.Bytes("seal"))
    {
        Head = inputs.Bytes("signedHead") is { Length: > 0 } head ? SignedHead.Decode(head) : null,
        Named = [.. inputs.List("named").Select(i => new ManifestItem(
            new ItemId(i.Bytes("id")), i.Number("version"), i.Number("epoch"), (long)i.Number("size"),
            new Hash256(i.Bytes("hash"))))],
    }.Encode());

    protected override string Judge(JsonObject told)
    {
        var bytes = told.Bytes("restorePoint");
        var point = RestorePoint.Decode(bytes);
        Assert.Equal(bytes, point.Encode());
        if (!told.ContainsKey("vault")) return Accepted;
        using var kem = KemPrivateKey.FromSeed(told.Bytes("ownKemSeed"));
        var own = new OwnIdentity(new AuthorityId(told.Bytes("ownId")), new VerifyKey(told.Bytes("ownSigningKey")));
        List<VerifyKey> homeKeys = [.. told.BytesList("homeKeys").Select(key => new VerifyKey(key))];
        var vault = Assert.IsType<VaultVerdict.Ok>(VerifiedVault.Verify(
            told.Text("appId"), VaultBundle.Decode(told.Bytes("vault")), own, null, homeKeys)).Vault;
        ImmutableArray<Hash256> hashes = [.. told.BytesList("hashes").Select(hash => new Hash256(hash))];
        List<ManifestGap> gaps = told.ContainsKey("gaps")
            ? [.. told.List("gaps").Select(g =>
                new ManifestGap(g.Number("from"), g.Number("to"), new Hash256(g.Bytes("trail"))))]
            : [];
        if (point.Check(vault, hashes, homeKeys, gaps) is var fault and not ProtocolFault.None) return Verdict(fault);
        var (open, refused) = point.Open(vault, own.Id, kem);
        using (open) return Verdict(refused);
    }

    private static JsonObject Shape(byte[] point) => new() { ["restorePoint"] = Hex(point) };
}
