using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// Two heads that contradict each other, and claims: the first stands on link 7, has version 300 and was signed at
/// <see cref="Then"/>, the other an hour later.
/// </summary>
internal static class HeadClaims
{
    private const ulong Then = 1_800_000_000;
    private const ulong Later = Then + 3600;

    private static readonly JsonObject Head = HeadFormat.Inputs(7, 300);

    // Each differs from the first in one way.
    private static readonly JsonObject Link = Other(7, true, 301, true);
    private static readonly JsonObject Manifest = Other(7, false, 300, true);
    private static readonly JsonObject Both = Other(7, true, 300, true);
    private static readonly JsonObject LaterLink = Other(8, true, 300, true);
    private static readonly JsonObject Crossed = Other(6, true, 301, true);
    private static readonly JsonObject CrossedBack = Other(8, true, 299, true);

    public static IEnumerable<(string, JsonObject Other, JsonArray Claims)> Explained()
    {
        yield return ("another link, claimed from the link before on", Link, Claims((6, 300, Then + 1)));
        yield return ("another link, where all was lost", Link, Claims((0, 0, Then + 1)));
        yield return ("another link, claimed at the later head's time", Link, Claims((6, 300, Later)));
        yield return ("another manifest, claimed from the version before on", Manifest, Claims((7, 299, Then + 1)));
        yield return ("another manifest, claimed from an older link", Manifest, Claims((3, 100, Later)));
        yield return ("another link and manifest, claimed from below both", Both, Claims((6, 299, Then + 1)));
        yield return ("another manifest, on a later link", LaterLink, Claims((7, 299, Then + 1)));
        yield return ("a later manifest on an earlier link, claimed", Crossed, Claims((6, 299, Then + 1)));
        yield return ("an earlier manifest on a later link, claimed", CrossedBack, Claims((7, 298, Then + 1)));
        yield return ("one claim of three explains it", Manifest,
            Claims((7, 299, Then + 2), (7, 300, Then + 1), (7, 300, Then)));
        yield return ("sixteen claims, the first explains it", Manifest,
            Claims([(7, 299, Then + 1), .. Enumerable.Repeat((7UL, 300UL, Then + 1), 15)]));
        yield return ("another link, claimed from that link on, after an older claim from the link before on", Link,
            Claims((7, 300, Then + 1), (6, 300, Then - 1)));
        yield return ("another manifest, claimed from that version on, and from below between both", Manifest,
            Claims((7, 300, Later), (7, 299, Then)));
        yield return ("the other head was signed before", Other(7, false, 300, true, Then - 3600),
            Claims((7, 299, Then)));
    }

    public static IEnumerable<(string, JsonObject Other, JsonArray Claims)> Unexplained()
    {
        yield return ("another link, claimed from that link on", Link, Claims((7, 299, Then + 1)));
        yield return ("another link, claimed from a later link on", Link, Claims((8, 299, Then + 1)));
        yield return ("another manifest, claimed from that version on", Manifest, Claims((6, 300, Then + 1)));
        yield return ("another manifest, claimed from a later version on", Manifest, Claims((6, 301, Then + 1)));
        yield return ("another link and manifest, claimed from below the link alone", Both,
            Claims((6, 300, Then + 1)));
        yield return ("another link and manifest, claimed from below the manifest alone", Both,
            Claims((7, 299, Then + 1)));
        yield return ("two claims, each below one difference", Both,
            Claims((6, 300, Then + 1), (7, 299, Then + 1)));
        yield return ("a later manifest on an earlier link, claimed from the larger sequence on", Crossed,
            Claims((7, 299, Then + 1)));
        yield return ("an earlier manifest on a later link, claimed from the larger sequence on", CrossedBack,
            Claims((8, 298, Then + 1)));
        yield return ("claimed at the earlier head's time", Manifest, Claims((7, 299, Then)));
        yield return ("claimed before both heads", Manifest, Claims((7, 299, Then - 1)));
        yield return ("claimed from that link on, and from below it after both heads", Link,
            Claims((7, 299, Then + 1), (6, 299, Later + 1)));
        yield return ("claimed from that version on, after an older claim from there on too", Manifest,
            Claims((7, 300, Then + 1), (7, 300, Then - 1)));
        yield return ("claimed after both heads", Manifest, Claims((7, 299, Later + 1)));
        yield return ("claimed at the largest time", Manifest, Claims((0, 0, CborOut.MaxInteger)));
        yield return ("both heads of one time", Other(7, false, 300, true, Then), Claims((7, 299, Then)));
        var (account, seed) = (Head.Bytes("account"), Head.Bytes("homeSeed"));
        yield return ("the claim of another account", Manifest,
            [Claim(new byte[16], seed, 7, 299, Then + 1)]);
        yield return ("the claim of another home", Manifest,
            [Claim(account, new byte[32], 7, 299, Then + 1)]);
        yield return ("another trail of one manifest, where all was lost", new JsonObject {
            ["trail"] = Hex(new byte[32]), ["time"] = Later,
        }, Claims((0, 0, Then + 1)));
        yield return ("another link under one manifest, where all was lost", Other(7, true, 300, false),
            Claims((0, 0, Then + 1)));
        yield return ("a later link under one manifest, where all was lost", Other(8, true, 300, false),
            Claims((0, 0, Then + 1)));
    }

    private static JsonObject Other(
        ulong sequence, bool otherLink, ulong version, bool otherManifest, ulong time = Later)
    {
        var changed = new JsonObject { ["chainSeq"] = sequence, ["manifestVersion"] = version, ["time"] = time };
        if (otherLink) changed["chainHash"] = Hex(new byte[32]);
        if (otherManifest) changed["manifestHash"] = Hex(new byte[32]);
        return changed;
    }

    private static JsonArray Claims(params (ulong Sequence, ulong Version, ulong Time)[] claims) =>
        new([.. claims.Select(c => Claim(
            Head.Bytes("account"), Head.Bytes("homeSeed"), c.Sequence, c.Version, c.Time))]);

    private static JsonNode Claim(byte[] account, byte[] seed, ulong sequence, ulong version, ulong time)
    {
        using var home = SigningKey.FromSeed(seed);
        var claim = new RestoredClaim(
            new RestoreId(new TestRandom(3211).Bytes(16)), new AccountId(account), sequence, version, time);
        return Hex(SignedClaim.Sign(claim, home).Bytes);
    }
}
