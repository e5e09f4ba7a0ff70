using System.Collections.Immutable;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Testing.TestHome;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// Examples of <see cref="VaultFormat"/> in which the home was restored, or says so: it tells less than the reader
/// knows, or something else. Each version of the account was signed a minute after the one before.
/// </summary>
internal sealed class VaultRestores
{
    private const ulong Minute = 60;

    private readonly GoldenWorld _world = new();
    private readonly ServedVault _first;
    private readonly ServedVault _second;
    private readonly ServedVault _third;
    private readonly ServedVault _now;

    // Made from the second version, after a restore in minute 10.
    private readonly ServedVault _otherThird;
    private readonly ServedVault _otherFourth;
    private readonly ServedVault _otherLink;

    public VaultRestores()
    {
        ServedVault At(int state, ulong minutes) =>
            _world.Account.History[state] with { Time = Now + minutes * Minute };
        (_first, _second, _third, _now) = (At(0, 0), At(1, 1), At(2, 2), At(3, 3));
        var account = _world.Account;
        account.Forget();
        account.Forget();
        account.Commit(_world.Phone, new AccountChange { Put = [(_world.Item, _world.Random.Bytes(80))] });
        _otherThird = At(2, 11);
        account.Commit(_world.Phone, new AccountChange { Put = [(_world.Item, _world.Random.Bytes(90))] });
        _otherFourth = At(3, 12);
        account.Forget();
        account.Commit(_world.Phone, new AccountChange { Add = [TestAuthority.Device(_world.Random)] });
        _otherLink = At(3, 12);
    }

    // What the home signs when its second version comes back in minute 10.
    private SignedClaim Restored => Claim(1, 2, 10);

    public IEnumerable<(string, VaultBundle, ServedVault? Known)> Taken()
    {
        yield return ("from nothing, with a claim", Claimed(_now, Restored).Tell(), null);
        yield return ("from nothing, with the claims of another account and of another home", _now.Tell() with
        {
            Restored = [OfOther.Bytes, OfStranger.Bytes],
        }, null);
        yield return ("from nothing, with sixteen claims, the first where all was lost", Claimed(
            _now, [Claim(0, 0, 1), .. Enumerable.Range(2, 15).Select(i => Claim(2, 4, (ulong)i))]).Tell(), null);
        yield return ("a claim that a restore lost nothing", Claimed(_now, Claim(2, 4, 10)).TellFrom(4), _now);
        yield return ("a claim, and what follows on what is known", Claimed(_now, Claim(0, 1, 10)).TellFrom(3), _third);
        yield return ("a head of the largest time", (_now with { Time = CborOut.MaxInteger }).TellFrom(3), _third);
        AuthorityId[] ids = [.. _now.Keysets.SelectMany(k => k.Entries).Select(e => e.Id).Order()];
        yield return ("who was active at minChain", _now.Tell() with { ActiveAtMinChain = [.. ids] }, null);
        yield return ("thirty-two who were active at minChain", _now.Tell() with
        {
            ActiveAtMinChain = [.. Enumerable.Range(0, 32).Select(i => new AuthorityId([.. new byte[15], (byte)i]))],
        }, null);
        var many = Forge.Manifests(_now, _world.Tablet, 33);
        for (ulong i = 0; i < 16; i++) many = many.WithGap(2 * i + 1, 2 * i + 1 + i % 2);
        yield return ("from nothing, with sixteen gaps", many.TellFrom(1), null);
    }

    public IEnumerable<(string, JsonObject, string)> Told() =>
        [.. Lower(), .. Other(), .. Twice(), .. NotCounting(), .. Broken(), .. Shapes()];

    private IEnumerable<(string, JsonObject, string)> Lower()
    {
        yield return Conflict("the chain and the manifest of before, claimed", Claimed(_second, Restored), _now);
        yield return Conflict("the manifest of before, claimed", Claimed(_second, Restored), _third);
        yield return Conflict("the manifest of before, where all was lost", Claimed(_second, Claim(0, 0, 10)), _third);
        yield return Conflict(
            "the manifest of before, claimed one second later than the known head",
            Claimed(_second, Signed(_now.Account, 1, 2, _third.Time + 1)), _third);
        yield return Conflict("of two claims the first counts", Claimed(_second, Restored, Claim(1, 3, 11)), _third);
        yield return Conflict("the known vault told the claim", _second,
            Claimed(_third, Restored));
        yield return Lie("the chain of before, not claimed", ProtocolFault.RolledBackChain, _second, _now);
        yield return Lie("the manifest of before, not claimed", ProtocolFault.RolledBackManifest, _second, _third);
        var (told, fault) = (Claimed(_first, Claim(0, 1, 10)), ProtocolFault.OwnKeys);
        yield return Lie("the reader is missing, claimed", fault, told, _third, _world.Laptop);
        yield return Lie(
            "the reader is missing, not claimed", ProtocolFault.RolledBackChain, _first, _third, _world.Laptop);
    }

    private IEnumerable<(string, JsonObject, string)> Other()
    {
        foreach (var (name, served, known, fault) in new[]
        {
            ("another manifest of the known version", _otherThird, _third, ProtocolFault.ForkedManifest),
            ("a later manifest that does not descend", _otherFourth, _third, ProtocolFault.ForkedManifest),
            ("another link than the known one", _otherLink, _now, ProtocolFault.Fork),
            ("a shorter chain under another manifest", _otherFourth, _now, ProtocolFault.RolledBackChain),
            ("a new link on another manifest", _otherLink, _third, ProtocolFault.ForkedManifest),
        })
        {
            yield return Lie($"{name}, not claimed", fault, served, known);
            yield return Conflict($"{name}, claimed", Claimed(served, Restored), known);
            yield return Conflict($"{name}, where all was lost", Claimed(served, Claim(0, 0, 10)), known);
        }

        yield return Conflict("claimed at the served head's time", Claimed(_otherThird, Claim(1, 2, 11)), _third);
        yield return Lie("claimed after both heads, which contradict each other", ProtocolFault.ForkedManifest,
            Claimed(_otherThird, Signed(_now.Account, 1, 2, _otherThird.Time + 1)), _third);
        yield return Conflict("claimed after both heads, which do not contradict each other",
            Claimed(_otherFourth, Claim(1, 2, 13)), _third);
        yield return Conflict("claimed after both heads, and once between them",
            Claimed(_otherThird, Restored, Claim(1, 2, 13)), _third);
    }

    // The known line began with the restore in minute 10; then a set of the line before comes back, with all stores.
    private IEnumerable<(string, JsonObject, string)> Twice()
    {
        var again = Claim(2, 4, 20);
        foreach (var (name, known, fault) in new[]
        {
            ("a later manifest", _otherThird, ProtocolFault.ForkedManifest),
            ("another manifest of the known version", _otherFourth, ProtocolFault.ForkedManifest),
            ("another link", _otherLink, ProtocolFault.Fork),
        })
        {
            yield return Conflict(
                $"{name} of another line, claimed, and the reader knows where the lines part",
                Claimed(_now, again), Claimed(known, Restored));
            yield return Lie($"{name} of another line, claimed, and no claim tells where the lines part", fault,
                Claimed(_now, again), known);
            yield return Lie($"{name} of another line, claimed before", fault,
                Claimed(_now, Claim(2, 4, 3)), Claimed(known, Restored));
        }

        yield return Conflict(
            "another line that goes on from the known chain, claimed from a later link than the known",
            Claimed(_otherLink, Claim(2, 2, 10)), _third);
        yield return Lie("another line, claimed from a link that it has not", ProtocolFault.ForkedManifest,
            Claimed(_now, Claim(3, 4, 20)), Claimed(_otherThird, Restored));
        yield return Lie("another line, claimed from above its version", ProtocolFault.ForkedManifest,
            Claimed(_now, Claim(2, 5, 20)), Claimed(_otherThird, Restored));
    }

    private IEnumerable<(string, JsonObject, string)> NotCounting()
    {
        (string, JsonObject, string) Old(string name, SignedClaim claim) =>
            Lie(name, ProtocolFault.RolledBackManifest, Claimed(_second, claim), _third);
        yield return Old("claimed before the known head", Claim(1, 2, 1));
        yield return Old("claimed at the known head's time", Claim(1, 2, 2));
        yield return Old("claimed from the known version on", Claim(1, 3, 10));
        yield return Old("claimed from a link that neither has", Claim(2, 2, 10));
        yield return Old("the largest integers claimed", Signed(
            _now.Account, CborOut.MaxInteger, CborOut.MaxInteger, CborOut.MaxInteger));
        yield return Old("the claim of another account", OfOther);
        yield return Old("the claim of another home", OfStranger);
        yield return Lie("claimed from a link that the served chain has not", ProtocolFault.RolledBackChain,
            Claimed(_second, Claim(2, 2, 10)), _now);
        yield return Lie("claimed from a link that differs", ProtocolFault.Fork,
            Claimed(_otherLink, Claim(2, 2, 10)), _now);
        yield return Lie("claimed from the version that differs", ProtocolFault.ForkedManifest,
            Claimed(_otherThird, Claim(1, 3, 10)), _third);
        yield return Lie("claimed from a version above the served one, which differs", ProtocolFault.RolledBackChain,
            Claimed(_second, Claim(1, 3, 10)), _now);
        yield return Told("claimed, and not told from link 0", nameof(ProtocolFault.RolledBackManifest),
            Claimed(_second, Restored).TellFrom(3, 2), _third, _world.Code);
        yield return Told("claimed, and the links that follow another chain are told alone",
            nameof(ProtocolFault.DroppedLink), Claimed(_otherLink, Restored).TellFrom(4, 2), _now, _world.Code);
    }

    // What a claim excuses has to hold as for a reader who knows nothing.
    private IEnumerable<(string, JsonObject, string)> Broken()
    {
        var served = Claimed(_otherFourth, Restored);
        var manifest = served.Manifest.Manifest;
        yield return Lie("claimed, and not signed", ProtocolFault.ManifestSignature, served with
        {
            Manifest = Forge.Manifest(manifest with { LeafLabel = default }, served.Manifest),
        }, _third);
        yield return Lie("claimed, and on another link", ProtocolFault.ManifestHeads,
            Claimed(_otherLink, Restored) with { Manifest = served.Manifest }, _third);
        yield return Lie("claimed, with the keysets of another epoch", ProtocolFault.KeysetMembers,
            served with { Keysets = _now.Keysets }, _third);
        yield return Told("claimed, under the head of another manifest", nameof(ProtocolFault.HeadMismatch),
            served.TellFrom(3) with { Head = _otherThird.Tell().Head }, _third, _world.Code);
        var told = served.TellFrom(3);
        using var stranger = SigningKey.FromSeed(new byte[SigningKey.SeedSize]);
        yield return Told("claimed, under the head of another home", nameof(ProtocolFault.HeadSignature),
            told with { Head = SignedHead.Sign(SignedHead.Decode(told.Head).Head, stranger).Bytes }, _third,
            _world.Code);
        var forged = Forge.Link(served.Links[1].Link with { Time = 1 }, served.Links[1]);
        yield return Lie("claimed, and a link is not signed", ProtocolFault.LinkSignature,
            Claimed(served.With(forged), Claim(0, 1, 10)), _third);
        var begun = TestAccount.Begin(new TestRandom(2027), _world.Phone, [_world.Code]).Now;
        yield return Told("claimed, and another beginning", nameof(ProtocolFault.ForgedBeginning),
            Claimed(begun, Claim(0, 0, 10)).TellFrom(1) with { Account = _now.Account }, _third, _world.Code);
    }

    private IEnumerable<(string, JsonObject, string)> Shapes()
    {
        VaultBundle Claims(params ReadOnlyMemory<byte>[] claims) => _now.Tell() with { Restored = [.. claims] };
        VaultBundle Active(params byte[] last) => _now.Tell() with
        {
            ActiveAtMinChain = [.. last.Select(b => new AuthorityId([.. new byte[15], b]))],
        };
        var claim = Restored;
        (string, JsonObject, string) Malformed(string name, VaultBundle told) =>
            Told(name, GoldenFormat.Malformed, told, null, _world.Code);
        yield return Malformed("seventeen claims", Claims([.. Enumerable.Repeat(claim.Bytes, 17)]));
        yield return Malformed("half a claim", Claims(claim.Bytes[..^1]));
        yield return Malformed("an empty claim", Claims(default(ReadOnlyMemory<byte>)));
        yield return Malformed("a claim of more than 192 bytes", Claims(new byte[193]));
        yield return Malformed("a claim is a head", Claims(_now.Tell().Head));
        var later = claim.Bytes.ToArray();
        later[later.AsSpan().IndexOf("restored"u8) + 8] = 2;
        yield return Told("a claim of version 2", GoldenFormat.UpgradeRequired, Claims(later), null, _world.Code);
        yield return Malformed(
            "thirty-three who were active", Active([.. Enumerable.Range(0, 33).Select(i => (byte)i)]));
        yield return Malformed("who was active is not ascending", Active(2, 1));
        yield return Malformed("one was active twice", Active(1, 1));
    }

    private SignedClaim OfOther => Signed(new AccountId(new byte[16]), 1, 2, Now + 10 * Minute);

    private SignedClaim OfStranger
    {
        get
        {
            using var stranger = SigningKey.FromSeed(new byte[SigningKey.SeedSize]);
            return SignedClaim.Sign(Restored.Claim, stranger);
        }
    }

    private SignedClaim Claim(ulong sequence, ulong version, ulong minute) =>
        Signed(_now.Account, sequence, version, Now + minute * Minute);

    private static SignedClaim Signed(AccountId account, ulong sequence, ulong version, ulong time) =>
        TestHome.Claim(new RestoredClaim(
            new RestoreId(new TestRandom(2028).Bytes(RestoreId.Size)), account, sequence, version, time));

    private static ServedVault Claimed(ServedVault vault, params SignedClaim[] claims) =>
        vault with { Claims = [.. claims] };

    private (string, JsonObject, string) Conflict(string name, ServedVault served, ServedVault known) =>
        Told(name, VaultFormat.Conflict, served.TellFrom(known.Place.Version), known, _world.Code);

    private (string, JsonObject, string) Lie(
        string name, ProtocolFault fault, ServedVault served, ServedVault known, TestAuthority? reader = null) =>
        Told(name, fault.ToString(), served.TellFrom(known.Place.Version), known, reader ?? _world.Code);

    private (string, JsonObject, string) Told(
        string name, string verdict, VaultBundle told, ServedVault? known, TestAuthority reader) =>
        (name, VaultFormat.Told(reader, told.Encode(), known), verdict);
}
