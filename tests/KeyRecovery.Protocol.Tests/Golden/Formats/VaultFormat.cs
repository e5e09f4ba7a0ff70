using System.Collections.Immutable;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// The vault as a server tells it, and what a reader makes of it: from nothing, or from a vault that it knows.
/// </summary>
internal sealed class VaultFormat() : GoldenFormat("vault", "§7")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        var world = new GoldenWorld();
        var (history, now) = (world.Account.History, world.Account.Now);
        yield return ("from nothing", Inputs(world, world.Code, now.Tell()));
        yield return ("from nothing, two keysets of one epoch", Inputs(world, world.Code, history[1].Tell()));
        yield return ("from nothing, with times of trust", Inputs(world, world.Code, now.Tell() with
        {
            TrustedFrom = ImmutableSortedDictionary<AuthorityId, ulong>.Empty.Add(world.Code.Id, 1_760_000_000)
                .Add(world.Tablet.Id, 1_760_259_200),
        }));
        yield return ("the links after the known ones",
            Inputs(world, world.Laptop, now.Tell(2, Known(world, world.Laptop, history[1])), history[1]));
        yield return ("no new link",
            Inputs(world, world.Laptop, history[2].Tell(2, Known(world, world.Laptop, history[1])), history[1]));
        yield return ("all links, from a known vault three versions older",
            Inputs(world, world.Phone, now.Tell(0, Known(world, world.Phone, history[0])), history[0]));
        yield return ("nothing new", Inputs(world, world.Code, now.Tell(3, Known(world, world.Code, now)), now));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid() => VaultLies.All(new GoldenWorld());

    public override JsonObject Write(JsonObject inputs)
    {
        var told = new VaultBundle(
            new AccountId(inputs.Bytes("account")), inputs.Number("first"), Parts(inputs, "links"),
            Parts(inputs, "keysets"), inputs.Bytes("signedManifest"), inputs.Bytes("signedHead"),
            [.. inputs.BytesList("hashes").Select(h => new Hash256(h))],
            inputs.List("trustedFrom")
                .ToImmutableSortedDictionary(t => new AuthorityId(t.Bytes("id")), t => t.Number("at")));
        return new JsonObject { ["vault"] = Hex(told.Encode()) };
    }

    /// <summary>What a reader is told, who knows <paramref name="known"/> or nothing.</summary>
    public static JsonObject Told(GoldenWorld world, TestAuthority reader, byte[] vault, ServedVault? known) => new()
    {
        ["appId"] = world.Account.AppId,
        ["homeKeys"] = HexArray(TestHome.Keys.Select(key => key.ToArray())),
        ["ownId"] = Hex(reader.Id.ToArray()),
        ["ownSigningKey"] = Hex(reader.Signing.PublicKey.ToArray()),
        ["known"] = known is null ? "" : Hex(known.Tell().Encode()),
        ["vault"] = Hex(vault),
    };

    /// <summary>The vault that a reader has verified before.</summary>
    public static VerifiedVault Known(GoldenWorld world, TestAuthority reader, ServedVault at) =>
        Assert.IsType<VaultVerdict.Ok>(VerifiedVault.Verify(
            world.Account.AppId, at.Tell(), reader.Identity, null, TestHome.Keys)).Vault;

    protected override string Judge(JsonObject told)
    {
        VerifiedVault? known = null;
        if (told.Text("known") is not "") known = Assert.IsType<VaultVerdict.Ok>(Verify(told, "known", null)).Vault;
        return Verify(told, "vault", known) is VaultVerdict.Refused refused ? Verdict(refused.Fault) : Accepted;
    }

    private static VaultVerdict Verify(JsonObject told, string which, VerifiedVault? known) => VerifiedVault.Verify(
        told.Text("appId"), VaultBundle.Decode(told.Bytes(which)),
        new OwnIdentity(new AuthorityId(told.Bytes("ownId")), new VerifyKey(told.Bytes("ownSigningKey"))), known,
        [.. told.BytesList("homeKeys").Select(key => new VerifyKey(key))]);

    private static ImmutableArray<ReadOnlyMemory<byte>> Parts(JsonObject inputs, string name) =>
        [.. inputs.BytesList(name).Select(part => (ReadOnlyMemory<byte>)part)];

    private static JsonObject Inputs(
        GoldenWorld world, TestAuthority reader, VaultBundle told, ServedVault? known = null)
    {
        var inputs = Told(world, reader, [], known);
        inputs.Remove("vault");
        return inputs.With(new JsonObject
        {
            ["account"] = Hex(told.Account.ToArray()),
            ["first"] = told.First,
            ["links"] = HexArray(told.Links.Select(l => l.ToArray())),
            ["keysets"] = HexArray(told.Keysets.Select(k => k.ToArray())),
            ["signedManifest"] = Hex(told.Manifest),
            ["signedHead"] = Hex(told.Head),
            ["hashes"] = HexArray(told.Hashes.Select(h => h.ToArray())),
            ["trustedFrom"] = new JsonArray(
                [.. told.TrustedFrom.Select(t => new JsonObject { ["id"] = Hex(t.Key.ToArray()), ["at"] = t.Value })]),
        });
    }
}
