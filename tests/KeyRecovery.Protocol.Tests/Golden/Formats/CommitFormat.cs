using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

internal sealed class CommitFormat() : GoldenFormat("commit", "§7")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        var commits = new GoldenWorld().Account.Commits;
        yield return ("link 0 with an item", Inputs(commits[0]));
        yield return ("a link without items", Inputs(commits[1]));
        yield return ("an item without a link", Inputs(commits[2]));
        yield return ("recovery: a slot adds a device and removes two", Inputs(commits[3]));
        yield return ("an undo brings its base", Inputs(Undo()));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var commits = new GoldenWorld().Account.Commits;
        var (withLink, withItem) = (commits[1], commits[2]);
        var (manifest, item) = (withItem.Manifest.Bytes.ToArray(), withItem.Items[0].ToArray());
        foreach (var lie in Lies.OfCbor(withItem.Encode(), Told)) yield return lie;
        JsonObject Of(byte[] link, byte[] keyset, byte[] manifest, params byte[][] items) =>
            WithBase(link, keyset, manifest, [], items);
        JsonObject WithBase(byte[] link, byte[] keyset, byte[] manifest, byte[] undoneTo, params byte[][] items)
        {
            var writer = new CborOut().Array(7).Text(Labels.Commit).UInt(1).Bytes(link).Bytes(keyset).Bytes(manifest)
                .Bytes(undoneTo).Array(items.Length);
            foreach (var one in items) writer.Bytes(one);
            return Told(writer.ToArray());
        }

        yield return ("a link without its keyset", Of(withLink.Link!.Bytes.ToArray(), [], manifest), Malformed);
        yield return ("a keyset without a link", Of([], withLink.Keyset!.Bytes.ToArray(), manifest), Malformed);
        yield return ("no manifest", Of([], [], []), Malformed);
        yield return ("the manifest is an item", Of([], [], item), Malformed);
        yield return ("an item shorter than any", Of([], [], manifest, item[..379]), Malformed);
        var tooLong = new byte[SealedItem.MaxSizeOf(Limits.InlineItemBytes) + 1];
        yield return ("an item longer than may be inside", Of([], [], manifest, tooLong), Malformed);
        yield return ("a link with a byte left over",
            Of([.. withLink.Link!.Bytes.Span, 0], withLink.Keyset!.Bytes.ToArray(), manifest), Malformed);
        var later = withLink.Keyset!.Bytes.ToArray();
        later[2 + Labels.Keyset.Length] = 2;
        yield return ("a keyset of version 2", Of(withLink.Link!.Bytes.ToArray(), later, manifest), UpgradeRequired);
        yield return ("the base is an item", WithBase([], [], manifest, item), Malformed);
        yield return ("the base has a byte left over", WithBase([], [], manifest, [.. manifest, 0]), Malformed);
        var writerOfSix = new CborOut().Array(6).Text(Labels.Commit).UInt(1).Bytes([]).Bytes([]).Bytes(manifest)
            .Array(0);
        yield return ("no place for a base", Told(writerOfSix.ToArray()), Malformed);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        var (link, keyset) = (inputs.Bytes("signedLink"), inputs.Bytes("keyset"));
        var commit = new CommitBundle(
            link.Length == 0 ? null : SignedChainLink.Decode(link), keyset.Length == 0 ? null : Keyset.Decode(keyset),
            SignedManifest.Decode(inputs.Bytes("signedManifest")),
            [.. inputs.BytesList("items").Select(i => (ReadOnlyMemory<byte>)i)])
        {
            Base = inputs.Bytes("signedBase") is { Length: > 0 } undoneTo ? SignedManifest.Decode(undoneTo) : null,
        };
        return Told(commit.Encode());
    }

    protected override string Judge(JsonObject told)
    {
        var bytes = told.Bytes("commit");
        Assert.Equal(bytes, CommitBundle.Decode(bytes).Encode());
        return Accepted;
    }

    /// <summary>The code returns to the second state of the account, and begins an epoch for it.</summary>
    private static CommitBundle Undo()
    {
        var world = new GoldenWorld();
        return world.Account.Undo(world.Code, 1, new AccountChange { Mend = true }, bringsBase: true);
    }

    private static JsonObject Told(byte[] commit) => new() { ["commit"] = Hex(commit) };

    private static JsonObject Inputs(CommitBundle commit) => new()
    {
        ["signedLink"] = Hex(commit.Link is null ? default : commit.Link.Bytes.Span),
        ["keyset"] = Hex(commit.Keyset is null ? default : commit.Keyset.Bytes.Span),
        ["signedManifest"] = Hex(commit.Manifest.Bytes),
        ["signedBase"] = Hex(commit.Base is null ? default : commit.Base.Bytes.Span),
        ["items"] = HexArray(commit.Items.Select(i => i.ToArray())),
    };
}
