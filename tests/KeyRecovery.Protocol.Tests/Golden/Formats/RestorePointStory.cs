using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// An account of a phone, a laptop and a tablet: version 3 is the laptop's, version 4 removes it and begins epoch 2,
/// version 5 is the phone's. The phone reads, and the tablet, which version 5's link adds. A repair replaced another
/// version 3, which the phone signed, and a version 6.
/// </summary>
internal sealed class RestorePointStory
{
    public static readonly string[] Told =
        ["appId", "homeKeys", "ownId", "ownSigningKey", "ownKemSeed", "vault", "hashes", "restorePoint"];

    private readonly TestRandom _random = new(2360);
    private readonly byte[] _kemSeed;
    private readonly TestAuthority _phone;
    private readonly TestAccount _account;
    private readonly ItemId _item;
    private readonly SignedManifest _replaced;
    private readonly SignedManifest _replacedNewer;

    public RestorePointStory()
    {
        _kemSeed = _random.Bytes(32);
        _phone = TestAuthority.Device(_random.Bytes(16), _random.Bytes(32), _kemSeed);
        var laptop = TestAuthority.Device(_random);
        _item = new ItemId(_random.Bytes(16));
        _account = TestAccount.Begin(_random, _phone, items: [(_item, [1])]);
        _account.Commit(_phone, new AccountChange { Add = [laptop] });
        _account.Commit(laptop, new AccountChange { Put = [(_item, [2])] });
        _account.Commit(_phone, new AccountChange { Remove = [laptop] });
        _account.Commit(
            _phone, new AccountChange { Put = [(_item, [3])], Add = [TestAuthority.Device(_random)] });
        _replaced = SignedManifest.Sign(
            _account.History[2].Manifest.Manifest with { Signer = _phone.Id }, _phone.Signing);
        _account.Commit(_phone, new AccountChange { Put = [(_item, [4])] });
        _replacedNewer = _account.Now.Manifest;
        _account.Forget();
    }

    /// <summary>The state before the laptop wrote.</summary>
    public JsonObject Undone => Of(1);

    public IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("a state of the epoch before", Undone);
        yield return ("a state of this epoch", Of(3));
        yield return ("the first state", Of(0));
        yield return ("the state of now", Of(4));
        var named = _account.History.Take(3).Select(v => v.Manifest.Manifest.Items[0]).Distinct()
            .OrderBy(i => i.Version);
        yield return ("with two versions named", Undone.With(new JsonObject { ["named"] = Named([.. named]) }));
        yield return ("the state of now, with its head", Of(4).With(Head(_account.Now.Manifest)));
        yield return ("a state that a repair replaced", Replaced());
        yield return ("a state that a repair replaced, where all was lost", Replaced(Claim(0, 0, 1)));
        yield return ("a newer state than the vault's, which a repair replaced", Of(4)
            .With(Head(_replacedNewer)).With(Manifest(_replacedNewer)).With(Vault(Claim(2, 5, 1))));
        yield return ("a state on the trail, with its head", Undone
            .With(Head(_account.History[1].Manifest)).With(Vault(Claim(0, 1, 1))));
        yield return ("a state in a gap", InGap(1, Gapped(2, 3), Claim(0, 1, 1)));
        yield return ("a state at the end of a gap", InGap(2, Gapped(2, 3), Claim(0, 2, 1)));
        yield return ("a state below a gap", InGap(0, Gapped(2, 3), Claim(0, 1, 1)));
        yield return ("a state above a gap", Of(3).With(Vault(Gapped(2, 3), Claim(0, 1, 1))));
        yield return ("a state in a gap that is told with its hashes", InToldGap(1, Claim(0, 1, 1)));
        yield return ("a state below a gap that is told with its hashes", InToldGap(0, Claim(0, 1, 1)));
    }

    public IEnumerable<(string Name, byte[] Bytes)> Shapes()
    {
        var (manifest, seal) = (_account.History[1].Manifest.Bytes.ToArray(), Seal(1));
        byte[] Of(byte[] signed, byte[] sealedKey, byte[] head, params ManifestItem[] named)
        {
            var writer = new CborOut().Array(6).Text(Labels.RestorePoint).UInt(1).Bytes(signed).Bytes(sealedKey)
                .Bytes(head).Array(named.Length);
            foreach (var item in named) item.Write(writer);
            return writer.ToArray();
        }

        var entry = _account.Now.Manifest.Manifest.Items[0];
        yield return ("no manifest", Of([], seal, []));
        yield return ("a seal of 1,167 bytes", Of(manifest, seal[..^1], []));
        yield return ("a seal of 1,169 bytes", Of(manifest, [.. seal, 0], []));
        yield return ("half a head", Of(manifest, seal, new byte[40]));
        yield return ("a version named twice", Of(manifest, seal, [], entry, entry));
        yield return ("named versions not ascending", Of(manifest, seal, [], entry, entry with { Version = 1 }));
        yield return ("a named version 0", Of(manifest, seal, [], entry with { Version = 0 }));
    }

    public IEnumerable<(string, JsonObject, string)> Lies(Func<JsonObject, JsonObject> told)
    {
        (string, JsonObject, string) Lie(string name, ProtocolFault fault, JsonObject inputs, JsonObject changed) =>
            (name, told(inputs.With(changed)), fault.ToString());
        JsonObject Hashes(params int[] of) => new() {
            ["hashes"] = HexArray(of.Select(i => _account.History[i].Manifest.Hash.ToArray())),
        };
        yield return Lie("no seal", ProtocolFault.OwnSeal, Undone, new JsonObject { ["seal"] = "" });
        yield return Lie("a seal of another epoch", ProtocolFault.OwnSeal, Undone,
            new JsonObject { ["seal"] = Hex(Seal(3)) });
        yield return Lie("a seal changed", ProtocolFault.OwnSeal, Undone,
            new JsonObject { ["seal"] = Hex(Forge.Flip(Seal(1), 1150)) });
        using var other = EpochKey.Create(_account.Now.Account, 1, _random);
        yield return Lie("a seal of another key", ProtocolFault.EpochCommit, Undone,
            new JsonObject { ["seal"] = Hex(other.SealTo(_phone.Id, _phone.Kem.PublicKey)) });
        yield return Lie("the hashes lead from another state", ProtocolFault.ForkedManifest, Undone, Hashes(0, 2, 3));
        yield return Lie("a hash is missing", ProtocolFault.ForkedManifest, Undone, Hashes(1, 3));
        yield return Lie("no hashes", ProtocolFault.ForkedManifest, Undone, Hashes());
        yield return Lie("a hash in the middle is another", ProtocolFault.ForkedManifest, Undone, Hashes(1, 1, 3));
        var never = Resigned(m => m with { LeafLabel = default });
        yield return Lie("a state that never was", ProtocolFault.ForkedManifest, Undone, never);
        yield return Lie("not signed by its signer", ProtocolFault.ManifestSignature, Undone, new JsonObject {
            ["signedManifest"] = Hex(Forge.Manifest(
                _account.History[1].Manifest.Manifest with { LeafLabel = default }, _account.History[1].Manifest)
                .Bytes),
        });
        yield return Lie("signed by nobody of the chain", ProtocolFault.ManifestSignature, Undone,
            Resigned(m => m with { Signer = new AuthorityId(_random.Bytes(16)) }));
        yield return Lie("a place that is not in the chain", ProtocolFault.ManifestHeads, Undone,
            Resigned(m => m with { ChainHead = new ChainPlace(1, default) }));
        yield return Lie("another epoch than its place's", ProtocolFault.ManifestHeads, Undone,
            Resigned(m => m with { Epoch = 2 }));
        yield return Lie("another account's", ProtocolFault.OtherAccount, Undone,
            Resigned(m => m with { Account = new AccountId(_random.Bytes(16)) }));
        foreach (var (name, fault, inputs) in ReplacedLies()) yield return Lie(name, fault, inputs, []);
        foreach (var (name, inputs) in GapLies()) yield return Lie(name, ProtocolFault.ForkedManifest, inputs, []);
    }

    private IEnumerable<(string, ProtocolFault, JsonObject)> ReplacedLies()
    {
        yield return ("a replaced state without a head", ProtocolFault.ForkedManifest,
            Replaced().With(new JsonObject { ["signedHead"] = "" }));
        yield return ("a replaced state without a claim", ProtocolFault.ForkedManifest,
            Replaced().With(Vault()));
        yield return ("a replaced state, claimed from its version on", ProtocolFault.ForkedManifest,
            Replaced(Claim(1, 3, 1)));
        yield return ("a replaced state, claimed at its head's time", ProtocolFault.ForkedManifest,
            Replaced(Claim(1, 2, 0)));
        yield return ("a replaced state under the head of another manifest", ProtocolFault.HeadMismatch,
            Replaced().With(Head(_account.History[2].Manifest)));
        using var stranger = SigningKey.FromSeed(new byte[SigningKey.SeedSize]);
        var head = TestHome.Sign(_replaced).Head;
        yield return ("a replaced state under another home's head", ProtocolFault.HeadSignature,
            Replaced().With(new JsonObject { ["signedHead"] = Hex(SignedHead.Sign(head, stranger).Bytes) }));
        yield return ("a replaced state under a head with another link", ProtocolFault.HeadMismatch,
            Replaced().With(new JsonObject {
                ["signedHead"] = Hex(TestHome.Sign(head with { Chain = new ChainPlace(0, default) }).Bytes),
            }));
        yield return ("a state on the trail, with its head and no claim", ProtocolFault.ForkedManifest,
            Undone.With(Head(_account.History[1].Manifest)));
        yield return ("a replaced state that is not signed", ProtocolFault.ManifestSignature,
            Replaced().With(Manifest(Forge.Manifest(_replaced.Manifest with { LeafLabel = default }, _replaced))));
    }

    private IEnumerable<(string, JsonObject)> GapLies()
    {
        yield return ("a state in a gap, not claimed", InGap(1, Gapped(2, 3)));
        yield return ("a state in a gap, claimed from its end on", InGap(1, Gapped(2, 3), Claim(0, 3, 1)));
        yield return ("a state above a gap, and no hashes", InGap(3, Gapped(2, 3), Claim(0, 1, 1)));
        yield return ("a state in a gap that is told with its hashes, not claimed", InToldGap(1));
        yield return ("a state in a gap that is told with its hashes, claimed from its end on",
            InToldGap(1, Claim(0, 3, 1)));
        yield return ("a state above a gap that is told with its hashes, which are none",
            InToldGap(3, Claim(0, 1, 1)));
        yield return ("a newer state than the vault's, with a gap",
            Of(4).With(Manifest(_replacedNewer)).With(Vault(Gapped(2, 3), Claim(0, 1, 1))));
    }

    private JsonObject Replaced(SignedClaim? claim = null) =>
        Of(2).With(Manifest(_replaced)).With(Head(_replaced)).With(Vault(claim ?? Claim(1, 2, 1)));

    // No hashes lead from it to the vault's.
    private JsonObject InGap(int state, ServedVault vault, params SignedClaim[] claims) =>
        Of(state).With(Vault(vault, claims)).With(new JsonObject { ["hashes"] = new JsonArray() });

    // The vault knows of no gap: the answer to the question for the hashes tells it, versions 2 and 3.
    private JsonObject InToldGap(int state, params SignedClaim[] claims) =>
        InGap(state, _account.Now, claims).With(new JsonObject {
            ["gaps"] = new JsonArray([.. Gapped(2, 3).Gaps.Select(g => new JsonObject {
                ["from"] = g.From, ["to"] = g.To, ["trail"] = Hex(g.Trail.ToArray()),
            })]),
        });

    private ServedVault Gapped(ulong from, ulong to) => _account.Now.WithGap(from, to);

    private SignedClaim Claim(ulong sequence, ulong version, ulong later) => TestHome.Claim(new RestoredClaim(
        new RestoreId(new byte[RestoreId.Size]), _account.Now.Account, sequence, version, TestHome.Now + later));

    private JsonObject Vault(params SignedClaim[] claims) => Vault(_account.Now, claims);

    private static JsonObject Vault(ServedVault vault, params SignedClaim[] claims) =>
        new() { ["vault"] = Hex((vault with { Claims = [.. claims] }).TellFrom(1).Encode()) };

    private static JsonObject Manifest(SignedManifest manifest) => new() { ["signedManifest"] = Hex(manifest.Bytes) };

    private static JsonObject Head(SignedManifest manifest) =>
        new() { ["signedHead"] = Hex(TestHome.Sign(manifest).Bytes) };

    private JsonObject Resigned(Func<Manifest, Manifest> change) => new()
    {
        ["signedManifest"] = Hex(
            SignedManifest.Sign(change(_account.History[1].Manifest.Manifest), _phone.Signing).Bytes),
    };

    private JsonObject Of(int state) => new()
    {
        ["appId"] = _account.AppId,
        ["homeKeys"] = HexArray(TestHome.Keys.Select(key => key.ToArray())),
        ["ownId"] = Hex(_phone.Id.ToArray()),
        ["ownSigningKey"] = Hex(_phone.Signing.PublicKey.ToArray()),
        ["ownKemSeed"] = Hex(_kemSeed),
        ["vault"] = Hex(_account.Now.Tell().Encode()),
        ["hashes"] = HexArray(_account.History.Skip(state).SkipLast(1).Select(v => v.Manifest.Hash.ToArray())),
        ["signedManifest"] = Hex(_account.History[state].Manifest.Bytes),
        ["seal"] = Hex(Seal(state)),
        ["signedHead"] = "",
        ["named"] = new JsonArray(),
    };

    private byte[] Seal(int state) => _account.History[state].Keysets.SelectMany(k => k.Entries)
        .Single(e => e.Id == _phone.Id).Seal.ToArray();

    private static JsonArray Named(params ManifestItem[] items) => new([.. items.Select(i => new JsonObject
    {
        ["id"] = Hex(i.Id.ToArray()), ["version"] = i.Version, ["epoch"] = i.Epoch, ["size"] = (ulong)i.Size,
        ["hash"] = Hex(i.Hash.ToArray()),
    })]);
}
