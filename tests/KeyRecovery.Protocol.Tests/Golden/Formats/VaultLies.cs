using System.Collections.Immutable;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>The invalid examples of <see cref="VaultFormat"/>: one lie of the server each.</summary>
internal sealed class VaultLies
{
    private readonly GoldenWorld _world;
    private readonly ServedVault _first;
    private readonly ServedVault _second;
    private readonly ServedVault _third;
    private readonly ServedVault _now;

    private VaultLies(GoldenWorld world)
    {
        _world = world;
        (_first, _second, _third, _now) =
            (world.Account.History[0], world.Account.History[1], world.Account.History[2], world.Account.Now);
    }

    public static IEnumerable<(string, JsonObject, string)> All(GoldenWorld world)
    {
        var lies = new VaultLies(world);
        return [.. lies.Shapes(), .. lies.Chains(), .. lies.Keysets(), .. lies.Manifests(), .. lies.Heads(),
            .. lies.Descents()];
    }

    private IEnumerable<(string, JsonObject, string)> Shapes()
    {
        foreach (var lie in Lies.OfCbor(
            _first.Tell().Encode(), bytes => VaultFormat.Told(_world.Phone, bytes, null)))
            yield return lie;
        yield return Malformed("first above 4,096", _first.Tell() with { First = 4097, Links = [] });
        yield return Malformed("first and the links together above 4,096", _first.Tell() with { First = 4096 });
        yield return Malformed("a link of more than 65,536 bytes", _first.Tell() with { Links = [new byte[65537]] });
        ReadOnlyMemory<byte> tiny = new byte[1];
        yield return Malformed("no keyset", _first.Tell() with { Keysets = [] });
        yield return Malformed(
            "33 keysets", _first.Tell() with { Keysets = [.. Enumerable.Repeat(tiny, 33)] });
        yield return Malformed("an empty head", _first.Tell() with { Head = default });
        yield return Malformed("the head is the manifest", _first.Tell() with { Head = _first.Manifest.Bytes });
        yield return ("times of trust not ascending", Trust(1, 0), GoldenFormat.Malformed);
        yield return ("one time of trust twice", Trust(1, 1), GoldenFormat.Malformed);
    }

    private IEnumerable<(string, JsonObject, string)> Chains()
    {
        yield return Lie("told as another account's", ProtocolFault.OtherAccount,
            _first.Tell() with { Account = default });
        yield return ("another app's", Told(_first.Tell()).With(new JsonObject { ["appId"] = "drive.example" }),
            nameof(ProtocolFault.OtherBeginning));
        yield return Lie("no links", ProtocolFault.DroppedLink, _first.Tell() with { Links = [] });
        yield return Lie("begins at link 1", ProtocolFault.DroppedLink, _second.Tell(1));
        yield return Lie("own keys are not in it", ProtocolFault.OwnKeys, _first.Tell(), _world.Laptop);
        yield return Lie("a known chain, cut", ProtocolFault.RolledBackChain, _first.Tell(), known: _second);
        var fork = Forge.Link(_second.Links[1].Link with { Time = 1 }, _world.Phone, _world.Laptop);
        yield return Lie("another link 1 than the known one", ProtocolFault.Fork, _second.With(fork).Tell(),
            known: _second);
    }

    private IEnumerable<(string, JsonObject, string)> Keysets()
    {
        var (link0, link1) = (_second.Keysets[0], _second.Keysets[1]);
        ServedVault Brings(params Keyset[] keysets) => _second with { Keysets = [.. keysets] };
        Keyset Of(params KeysetEntry[] entries) => Forge.Keyset(_world.Id, 1, [.. entries.OrderBy(e => e.Id)]);
        var stranger = link1.Entries[0] with { Id = _world.Mallory.Id };
        yield return Lie("the keyset of link 1 is missing", ProtocolFault.KeysetMembers, Brings(link0).Tell());
        yield return Lie("the keyset of link 0 is missing", ProtocolFault.KeysetMembers, Brings(link1).Tell());
        yield return Lie("a keyset comes twice", ProtocolFault.KeysetMembers, Brings(link0, link1, link1).Tell());
        yield return Lie("the keysets in the wrong order", ProtocolFault.KeysetMembers, Brings(link1, link0).Tell());
        yield return Lie("one keyset for all who are active", ProtocolFault.KeysetMembers,
            Brings(Of([.. link0.Entries, .. link1.Entries])).Tell());
        yield return Lie("the second keyset holds all who are active", ProtocolFault.KeysetMembers,
            Brings(link0, Of([.. link0.Entries, .. link1.Entries])).Tell());
        yield return Lie("an entry too few in the first", ProtocolFault.KeysetMembers,
            Brings(Of(link0.Entries[0]), link1).Tell());
        yield return Lie("an entry too many in the second", ProtocolFault.KeysetMembers,
            Brings(link0, Of(link1.Entries[0], stranger)).Tell());
        yield return Lie("the keysets of the epoch before", ProtocolFault.KeysetMembers,
            (_now with { Keysets = _second.Keysets }).Tell(), _world.Code);
        yield return Lie("a keyset of the epoch before", ProtocolFault.KeysetEpoch,
            (_now with { Keysets = [link0] }).Tell(), _world.Code);
        Keyset Changed(Func<KeysetEntry, KeysetEntry> change) =>
            Of([.. link0.Entries.Select(e => e.Id == _world.Code.Id ? change(e) : e)]);
        yield return Lie("a KEM key substituted", ProtocolFault.SubstitutedKemKey,
            Brings(Changed(e => e with { KemKey = _world.Mallory.Kem.PublicKey }), link1).Tell());
        yield return Lie("a seal changed", ProtocolFault.KeysetHash,
            Brings(Changed(e => e with { Seal = new byte[1168] }), link1).Tell());
    }

    private IEnumerable<(string, JsonObject, string)> Manifests()
    {
        yield return Lie("the manifest before", ProtocolFault.RolledBackManifest, _second.Tell(), known: _third);
        yield return Lie("a manifest of the chain before", ProtocolFault.ManifestHeads,
            (_second with { Manifest = _first.Manifest }).Tell());
        var manifest = _first.Manifest.Manifest;
        yield return Lie("items taken out of the manifest", ProtocolFault.ManifestSignature,
            (_first with { Manifest = Forge.Manifest(manifest with { Items = [] }, _first.Manifest) }).Tell());
        var other = SignedManifest.Sign(manifest with { LeafLabel = default }, _world.Phone.Signing);
        yield return Lie("another manifest of the known version", ProtocolFault.ForkedManifest,
            (_first with { Manifest = other }).Tell(), known: _first);
    }

    private IEnumerable<(string, JsonObject, string)> Heads()
    {
        var told = _second.Tell();
        var head = SignedHead.Decode(told.Head).Head;
        VaultBundle With(AccountHead other) => told with { Head = TestHome.Sign(other).Bytes };
        yield return Lie("a head of another account", ProtocolFault.HeadMismatch,
            With(head with { Account = default }));
        yield return Lie("the head before", ProtocolFault.HeadMismatch,
            told with { Head = _first.Tell().Head });
        yield return Lie("a head of another link", ProtocolFault.HeadMismatch,
            With(head with { Chain = head.Chain with { Hash = default } }));
        yield return Lie("a head of another sequence number", ProtocolFault.HeadMismatch,
            With(head with { Chain = head.Chain with { Sequence = 2 } }));
        yield return Lie("a head of another manifest", ProtocolFault.HeadMismatch,
            With(head with { Manifest = head.Manifest with { Hash = default } }));
        yield return Lie("a head of another version", ProtocolFault.HeadMismatch,
            With(head with { Manifest = head.Manifest with { Version = 3 } }));
        yield return Lie("a head of another trail", ProtocolFault.HeadMismatch, With(head with { Trail = default }));
        using var stranger = SigningKey.FromSeed(new byte[SigningKey.SeedSize]);
        yield return Lie("a head that another server signed", ProtocolFault.HeadSignature,
            told with { Head = SignedHead.Sign(head, stranger).Bytes });
    }

    private IEnumerable<(string, JsonObject, string)> Descents()
    {
        var known = VaultFormat.Known(_world.Phone, _first);
        var told = _now.Tell(0, known);
        var hashes = told.Hashes;
        (string, JsonObject, string) By(string name, ImmutableArray<Hash256> lies) =>
            Lie(name, ProtocolFault.ForkedManifest, told with { Hashes = lies }, known: _first);
        yield return By("no hashes", []);
        yield return By("one hash too few at the end", hashes[..^1]);
        yield return By("one hash too few at the beginning", hashes[1..]);
        yield return By("one hash too many at the end", hashes.Add(_now.Manifest.Hash));
        yield return By("one hash too many at the beginning", hashes.Insert(0, default));
        yield return By("the first hash is another", hashes.SetItem(0, default));
        yield return By("the last hash is another", hashes.SetItem(2, default));
        yield return By("a hash between is another", hashes.SetItem(1, default));
        yield return By("two hashes in the wrong order", [hashes[1], hashes[0], hashes[2]]);
        (string, JsonObject, string) Signed(string name, Func<Manifest, Manifest> change)
        {
            var manifest = SignedManifest.Sign(change(_second.Manifest.Manifest), _world.Phone.Signing);
            return Lie(name, ProtocolFault.ForkedManifest,
                (_second with { Manifest = manifest }).Tell() with { Hashes = hashes[..1] }, known: _first);
        }
        yield return Signed("a member's manifest whose prev is not the end of its trail",
            manifest => manifest with { Previous = default });
        yield return Signed("a member's manifest that skips a version", manifest => manifest with { Version = 3 });
        yield return Lie("a hash where nothing is new", ProtocolFault.ForkedManifest,
            _first.Tell() with { Hashes = [_first.Manifest.Hash] }, known: _first);
    }

    private (string, JsonObject, string) Malformed(string name, VaultBundle told) =>
        (name, Told(told), GoldenFormat.Malformed);

    private (string, JsonObject, string) Lie(
        string name, ProtocolFault fault, VaultBundle told, TestAuthority? reader = null, ServedVault? known = null) =>
        (name, Told(told, reader, known), fault.ToString());

    private JsonObject Told(VaultBundle told, TestAuthority? reader = null, ServedVault? known = null) =>
        VaultFormat.Told(reader ?? _world.Phone, told.Encode(), known);

    private JsonObject Trust(params int[] entries)
    {
        AuthorityId[] ids = [.. _first.Keysets[0].Entries.Select(e => e.Id)];
        var writer = new CborOut().Array(13).Text(Labels.Vault).UInt(1).Bytes(_first.Account).UInt(0)
            .Array(1).Bytes(_first.Links[0].Bytes.Span).Array(1).Bytes(_first.Keysets[0].Bytes.Span)
            .Bytes(_first.Manifest.Bytes.Span).Bytes(_first.Tell().Head.Span).Array(0).Array(0).Array(0)
            .Array(0).Array(entries.Length);
        foreach (var entry in entries) writer.Array(2).Bytes(ids[entry]).UInt(1);
        return VaultFormat.Told(_world.Phone, writer.ToArray(), null);
    }
}
