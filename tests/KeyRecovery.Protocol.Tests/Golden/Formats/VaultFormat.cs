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
        yield return ("from nothing", Inputs(world, world.Code, world.Account.Now.Tell()));
        yield return ("from nothing, with times of trust", Inputs(world, world.Code, world.Account.Now.Tell() with
        {
            TrustedFrom = ImmutableSortedDictionary<AuthorityId, ulong>.Empty.Add(world.Code.Id, 1_760_000_000)
                .Add(world.Tablet.Id, 1_760_259_200),
        }));
        yield return ("the links after the known ones",
            Inputs(world, world.Laptop, world.Account.Now.Tell(2), world.Account.History[1]));
        yield return ("no new link",
            Inputs(world, world.Laptop, world.Account.History[2].Tell(2), world.Account.History[1]));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var world = new GoldenWorld();
        var (first, second, third, now) =
            (world.Account.History[0], world.Account.History[1], world.Account.History[2], world.Account.Now);
        JsonObject Told(VaultBundle told, TestAuthority? reader = null, ServedVault? known = null) =>
            Read(world, reader ?? world.Phone, told.Encode(), known);
        foreach (var lie in Lies.OfCbor(first.Tell().Encode(), bytes => Read(world, world.Phone, bytes, null)))
            yield return lie;
        yield return ("first and the links together above 8,192", Told(first.Tell() with { First = 8192 }), Malformed);
        yield return ("times of trust not ascending", Read(world, world.Phone, Trust(first, 1, 0), null), Malformed);
        yield return ("one time of trust twice", Read(world, world.Phone, Trust(first, 1, 1), null), Malformed);
        yield return ("told as another account's", Told(first.Tell() with { Account = default }),
            nameof(ProtocolFault.OtherAccount));
        yield return ("another app's", Told(first.Tell()).With(new JsonObject { ["appId"] = "drive.example" }),
            nameof(ProtocolFault.OtherBeginning));
        yield return ("no links", Told(first.Tell() with { Links = [] }), nameof(ProtocolFault.DroppedLink));
        yield return ("begins at link 1", Told(second.Tell(1)), nameof(ProtocolFault.DroppedLink));
        yield return ("own keys are not in it", Told(first.Tell(), world.Laptop), nameof(ProtocolFault.OwnKeys));
        yield return ("a known chain, cut", Told(first.Tell(), null, second), nameof(ProtocolFault.RolledBackChain));
        yield return ("the manifest before", Told(second.Tell(), null, third),
            nameof(ProtocolFault.RolledBackManifest));
        yield return ("a manifest of the chain before", Told((second with { Manifest = first.Manifest }).Tell()),
            nameof(ProtocolFault.ManifestHeads));
        yield return ("the keyset before a device came", Told((second with { Keyset = first.Keyset }).Tell()),
            nameof(ProtocolFault.KeysetMembers));
        yield return ("the keyset of the epoch before", Told((now with { Keyset = second.Keyset }).Tell(), world.Code),
            nameof(ProtocolFault.KeysetEpoch));
        var entries = first.Keyset.Entries;
        Keyset Changed(Func<KeysetEntry, KeysetEntry> change) =>
            Forge.Keyset(world.Id, 1, [.. entries.Select(e => e.Id == world.Code.Id ? change(e) : e)]);
        yield return ("a KEM key substituted",
            Told((first with { Keyset = Changed(e => e with { KemKey = world.Mallory.Kem.PublicKey }) }).Tell()),
            nameof(ProtocolFault.SubstitutedKemKey));
        yield return ("a seal changed",
            Told((first with { Keyset = Changed(e => e with { Seal = new byte[1168] }) }).Tell()),
            nameof(ProtocolFault.KeysetHash));
        var manifest = first.Manifest.Manifest with { Items = [] };
        yield return ("items taken out of the manifest",
            Told((first with { Manifest = Forge.Manifest(manifest, first.Manifest) }).Tell()),
            nameof(ProtocolFault.ManifestSignature));
        var other = SignedManifest.Sign(first.Manifest.Manifest with { LeafLabel = default }, world.Phone.Signing);
        yield return ("another manifest of the known version",
            Told((first with { Manifest = other }).Tell(), null, first), nameof(ProtocolFault.ForkedManifest));
        var fork = Forge.Link(second.Links[1].Link with { Time = 1 }, world.Phone, world.Laptop);
        yield return ("another link 1 than the known one", Told(second.With(fork).Tell(), null, second),
            nameof(ProtocolFault.Fork));
    }

    public override JsonObject Write(JsonObject inputs)
    {
        var told = new VaultBundle(
            new AccountId(inputs.Bytes("account")), inputs.Number("first"),
            [.. inputs.BytesList("links").Select(l => (ReadOnlyMemory<byte>)l)],
            inputs.Bytes("keyset"), inputs.Bytes("signedManifest"),
            inputs.List("trustedFrom")
                .ToImmutableSortedDictionary(t => new AuthorityId(t.Bytes("id")), t => t.Number("at")));
        return new JsonObject { ["vault"] = Hex(told.Encode()) };
    }

    protected override string Judge(JsonObject told)
    {
        VerifiedVault? known = null;
        if (told.Text("known") is not "") known = Assert.IsType<VaultVerdict.Ok>(Verify(told, "known", null)).Vault;
        return Verify(told, "vault", known) is VaultVerdict.Refused refused ? Verdict(refused.Fault) : Accepted;
    }

    private static VaultVerdict Verify(JsonObject told, string which, VerifiedVault? known) => VerifiedVault.Verify(
        told.Text("appId"), VaultBundle.Decode(told.Bytes(which)),
        new OwnIdentity(new AuthorityId(told.Bytes("ownId")), new VerifyKey(told.Bytes("ownSigningKey"))), known);

    private static byte[] Trust(ServedVault vault, params int[] entries)
    {
        AuthorityId[] ids = [.. vault.Keyset.Entries.Select(e => e.Id)];
        var writer = new CborOut().Array(8).Text(Labels.Vault).UInt(1).Bytes(vault.Account).UInt(0)
            .Array(1).Bytes(vault.Links[0].Bytes.Span).Bytes(vault.Keyset.Bytes.Span).Bytes(vault.Manifest.Bytes.Span)
            .Array(entries.Length);
        foreach (var entry in entries) writer.Array(2).Bytes(ids[entry]).UInt(1);
        return writer.ToArray();
    }

    private static JsonObject Read(GoldenWorld world, TestAuthority reader, byte[] vault, ServedVault? known) => new()
    {
        ["appId"] = world.Account.AppId,
        ["ownId"] = Hex(reader.Id.ToArray()),
        ["ownSigningKey"] = Hex(reader.Signing.PublicKey.ToArray()),
        ["known"] = known is null ? "" : Hex(known.Tell().Encode()),
        ["vault"] = Hex(vault),
    };

    private static JsonObject Inputs(
        GoldenWorld world, TestAuthority reader, VaultBundle told, ServedVault? known = null)
    {
        var inputs = Read(world, reader, [], known);
        inputs.Remove("vault");
        return inputs.With(new JsonObject
        {
            ["account"] = Hex(told.Account.ToArray()),
            ["first"] = told.First,
            ["links"] = HexArray(told.Links.Select(l => l.ToArray())),
            ["keyset"] = Hex(told.Keyset),
            ["signedManifest"] = Hex(told.Manifest),
            ["trustedFrom"] = new JsonArray(
                [.. told.TrustedFrom.Select(t => new JsonObject { ["id"] = Hex(t.Key.ToArray()), ["at"] = t.Value })]),
        });
    }
}
