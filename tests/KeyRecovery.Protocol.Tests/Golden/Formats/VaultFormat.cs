using System.Collections.Immutable;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// The vault as a server tells it, and what a reader makes of it: from nothing, or from a vault that it knows, where
/// what is told may stand beside what was known.
/// </summary>
internal sealed class VaultFormat() : GoldenFormat("vault", "§7")
{
    /// <summary>Taken, and what was known is told to the person.</summary>
    public const string Conflict = "Conflict";

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        var world = new GoldenWorld();
        var (history, now) = (world.Account.History, world.Account.Now);
        yield return ("from nothing", Inputs(world.Code, now.Tell()));
        yield return ("from nothing, two keysets of one epoch", Inputs(world.Code, history[1].Tell()));
        yield return ("from nothing, with times of trust", Inputs(world.Code, now.Tell() with
        {
            TrustedFrom = ImmutableSortedDictionary<AuthorityId, ulong>.Empty.Add(world.Code.Id, 1_760_000_000)
                .Add(world.Tablet.Id, 1_760_259_200),
        }));
        yield return ("the links after the known ones",
            Inputs(world.Laptop, now.Tell(2, Known(world.Laptop, history[1])), history[1]));
        yield return ("no new link",
            Inputs(world.Laptop, history[2].Tell(2, Known(world.Laptop, history[1])), history[1]));
        yield return ("all links, from a known vault three versions older",
            Inputs(world.Phone, now.Tell(0, Known(world.Phone, history[0])), history[0]));
        yield return ("nothing new", Inputs(world.Code, now.Tell(3, Known(world.Code, now)), now));
        foreach (var (name, told, known) in new VaultRestores().Taken())
            yield return (name, Inputs(world.Code, told, known));
        foreach (var (name, told, known) in new VaultGaps().Taken())
            yield return (name, Inputs(VaultGaps.Phone, told, known));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid() =>
        [.. VaultLies.All(new GoldenWorld()), .. VaultVersions.All(new GoldenWorld()), .. new VaultRestores().Told(),
            .. new VaultGaps().Told()];

    public override JsonObject Write(JsonObject inputs)
    {
        var told = new VaultBundle(
            new AccountId(inputs.Bytes("account")), inputs.Number("first"), Parts(inputs, "links"),
            Parts(inputs, "keysets"), inputs.Bytes("signedManifest"), inputs.Bytes("signedHead"),
            [.. inputs.BytesList("hashes").Select(h => new Hash256(h))],
            inputs.List("trustedFrom")
                .ToImmutableSortedDictionary(t => new AuthorityId(t.Bytes("id")), t => t.Number("at")))
        {
            Gaps = [.. inputs.List("gaps").Select(g =>
                new ManifestGap(g.Number("from"), g.Number("to"), new Hash256(g.Bytes("trail"))))],
            Restored = Parts(inputs, "restored"),
            ActiveAtMinChain = [.. inputs.BytesList("activeAtMinChain").Select(id => new AuthorityId(id))],
        };
        return new JsonObject { ["vault"] = Hex(told.Encode()) };
    }

    /// <summary>What a reader is told, who knows <paramref name="known"/> or nothing.</summary>
    public static JsonObject Told(TestAuthority reader, byte[] vault, ServedVault? known) => new()
    {
        ["appId"] = TestAccount.DefaultApp,
        ["homeKeys"] = HexArray(TestHome.Keys.Select(key => key.ToArray())),
        ["ownId"] = Hex(reader.Id.ToArray()),
        ["ownSigningKey"] = Hex(reader.Signing.PublicKey.ToArray()),
        // What the reader verified, whole: with the gaps and the claims that it was told.
        ["known"] = known is null ? "" : Hex(known.TellFrom(1).Encode()),
        ["vault"] = Hex(vault),
    };

    /// <summary>The vault that a reader has verified before.</summary>
    public static VerifiedVault Known(TestAuthority reader, ServedVault at) =>
        Assert.IsType<VaultVerdict.Ok>(VerifiedVault.Verify(
            TestAccount.DefaultApp, at.TellFrom(1), reader.Identity, null, TestHome.Keys)).Vault;

    protected override string Judge(JsonObject told)
    {
        VerifiedVault? known = null;
        if (told.Text("known") is not "") known = Assert.IsType<VaultVerdict.Ok>(Verify(told, "known", null)).Vault;
        switch (Verify(told, "vault", known))
        {
            case VaultVerdict.Refused refused: return Verdict(refused.Fault);
            case VaultVerdict.Ok { Conflict: { } conflict }:
                Assert.Same(known, conflict.Known);
                return Conflict;
            default: return Accepted;
        }
    }

    private static VaultVerdict Verify(JsonObject told, string which, VerifiedVault? known) => VerifiedVault.Verify(
        told.Text("appId"), VaultBundle.Decode(told.Bytes(which)),
        new OwnIdentity(new AuthorityId(told.Bytes("ownId")), new VerifyKey(told.Bytes("ownSigningKey"))), known,
        [.. told.BytesList("homeKeys").Select(key => new VerifyKey(key))]);

    private static ImmutableArray<ReadOnlyMemory<byte>> Parts(JsonObject inputs, string name) =>
        [.. inputs.BytesList(name).Select(part => (ReadOnlyMemory<byte>)part)];

    private static JsonObject Inputs(
        TestAuthority reader, VaultBundle told, ServedVault? known = null)
    {
        var inputs = Told(reader, [], known);
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
            ["gaps"] = new JsonArray([.. told.Gaps.Select(g => new JsonObject {
                ["from"] = g.From, ["to"] = g.To, ["trail"] = Hex(g.Trail.ToArray()),
            })]),
            ["restored"] = HexArray(told.Restored.Select(claim => claim.ToArray())),
            ["activeAtMinChain"] = HexArray(told.ActiveAtMinChain.Select(id => id.ToArray())),
            ["trustedFrom"] = new JsonArray(
                [.. told.TrustedFrom.Select(t => new JsonObject { ["id"] = Hex(t.Key.ToArray()), ["at"] = t.Value })]),
        });
    }
}
