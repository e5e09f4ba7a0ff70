using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// A vault with keys of the liar in it. Whatever it can sign it signs, and every hash is made anew: nothing is wrong
/// with it but that its keys are nobody's.
/// </summary>
internal static class ReplacedKeys
{
    /// <summary>All is true but the home: a newcomer without a key of it takes the first that it is told.</summary>
    public const string HomeKey = "the home's key";

    /// <summary>By what is replaced.</summary>
    public static IReadOnlyDictionary<string, Func<LiarKeys, VaultBundle, VaultBundle>> Kinds { get; } =
        new Dictionary<string, Func<LiarKeys, VaultBundle, VaultBundle>>
        {
            ["the KEM key of a device, in the keyset alone"] = (keys, told) =>
                InKeysets(told, keys, a => a.Kind == AuthorityKind.Device, InSteadOf),
            ["the KEM key of the slot, in the keyset alone"] = (keys, told) =>
                InKeysets(told, keys, a => a.Kind == AuthorityKind.Code, InSteadOf),
            ["seals alone, all of them"] = (keys, told) =>
                InKeysets(told, keys, _ => true, (of, entry) => of.Seal(entry)),
            ["both keys of the first device, everywhere"] = (keys, told) =>
                Everywhere(told, keys, a => a.Id == Lies.Links(told)[0].Link.Signer),
            ["both keys of the slot, everywhere"] = (keys, told) =>
                Everywhere(told, keys, a => a.Kind == AuthorityKind.Code),
            ["all keys, everywhere"] = (keys, told) => Everywhere(told, keys, _ => true),
            [HomeKey] = (keys, told) => told with
            {
                Head = SignedHead.Sign(SignedHead.Decode(told.Head).Head, keys.Signing).Bytes,
            },
            ["one more device, which signs for itself"] = (keys, told) => Added(told, keys, keys.Id),
            ["one more device, in the first one's name"] = (keys, told) =>
                Added(told, keys, Lies.Links(told)[0].Link.Signer),
            ["the slot's account, which is the liar's own"] = (keys, told) =>
            {
                var slot = Lies.Links(told)[0].Link.Add.Single(a => a.Kind == AuthorityKind.Code);
                var kem = told.Keysets.SelectMany(k => Keyset.Decode(k).Entries).First(e => e.Id == slot.Id).KemKey;
                return Lies.TransplantSlot("demo", slot, kem, told.Head, keys);
            },
        };

    /// <summary>Whether it is told under a head of the liar's.</summary>
    public static bool SignsHeads(string kind) => !kind.Contains("alone", StringComparison.Ordinal);

    private static KeysetEntry InSteadOf(Sealer of, KeysetEntry entry) =>
        of.Seal(entry) with { KemKey = of.Keys.Kem.PublicKey };

    private static VaultBundle InKeysets(
        VaultBundle told, LiarKeys keys, Func<NewAuthority, bool> whose,
        Func<Sealer, KeysetEntry, KeysetEntry> change)
    {
        var ids = Lies.Links(told).SelectMany(l => l.Link.Add).Where(whose).Select(a => a.Id).ToHashSet();
        return told with
        {
            Keysets = [.. told.Keysets.Select(bytes =>
            {
                var keyset = Keyset.Decode(bytes);
                var of = new Sealer(keys, told.Account, keyset.Epoch);
                return Lies.Encode(keyset, [.. keyset.Entries.Select(e => ids.Contains(e.Id) ? change(of, e) : e)]);
            })],
        };
    }

    private static VaultBundle Everywhere(VaultBundle told, LiarKeys keys, Func<NewAuthority, bool> whose)
    {
        var keyed = InKeysets(told, keys, whose, InSteadOf);
        var links = new List<SignedChainLink>();
        foreach (var link in Lies.Links(told))
        {
            // Which links brought keysets of the newest epoch is told by their number alone.
            var at = links.Count - (told.Links.Length - keyed.Keysets.Length);
            var body = link.Link with
            {
                Previous = links.Count == 0 ? link.Link.Previous : links[^1].Hash,
                Add = [.. link.Link.Add.Select(a => whose(a) ? keys.Entry(a) : a)],
                KeysetHash = at < 0 ? link.Link.KeysetHash : Keyset.Decode(keyed.Keysets[at]).Hash,
            };
            var bytes = body.Encode();
            links.Add(SignedChainLink.Create(
                bytes, keys.Signing.Sign(SignatureLabel.Link, bytes),
                [.. body.Add.Select((a, i) => whose(a)
                    ? ChainLinkDraft.ProvePossession(keys.Signing, bytes) : link.Possession[i])]));
        }
        return Headed(keyed with { Links = [.. links.Select(l => l.Bytes)] }, keys, links[^1]);
    }

    private static VaultBundle Added(VaultBundle told, LiarKeys keys, AuthorityId signer)
    {
        var head = Lies.Links(told)[^1];
        var epoch = head.Link.Epoch;
        var entry = NewAuthority.Of(keys.Id, AuthorityKind.Device, keys.Signing.PublicKey, keys.Kem.PublicKey);
        var keyset = Lies.Encode(
            Keyset.Decode(told.Keysets[^1]),
            [new KeysetEntry(keys.Id, keys.Kem.PublicKey, keys.SealOwn(told.Account, epoch, keys.Id))]);
        var bytes = (head.Link with
        {
            Sequence = head.Link.Sequence + 1, Previous = head.Hash, Add = [entry], Remove = [], Signer = signer,
            PreviousEpoch = 0, PreviousEpochKey = default, KeysetHash = Keyset.Decode(keyset).Hash,
        }).Encode();
        var link = SignedChainLink.Create(
            bytes, keys.Signing.Sign(SignatureLabel.Link, bytes),
            [ChainLinkDraft.ProvePossession(keys.Signing, bytes)]);
        return Headed(
            told with { Links = told.Links.Add(link.Bytes), Keysets = told.Keysets.Add(keyset) }, keys, link);
    }

    // Manifest and head of the liar's, on a link of the liar's.
    private static VaultBundle Headed(VaultBundle told, LiarKeys keys, SignedChainLink head)
    {
        var place = new ChainPlace(head.Link.Sequence, head.Hash);
        var manifest = SignedManifest.Sign(
            SignedManifest.Decode(told.Manifest).Manifest with { ChainHead = place }, keys.Signing);
        return told with
        {
            Manifest = manifest.Bytes,
            Head = SignedHead.Sign(
                AccountHead.Of(place, manifest, SignedHead.Decode(told.Head).Head.Time), keys.Signing).Bytes,
        };
    }

    private sealed record Sealer(LiarKeys Keys, AccountId Account, ulong Epoch)
    {
        public KeysetEntry Seal(KeysetEntry entry) =>
            entry with { Seal = Keys.SealOwn(Account, Epoch, entry.Id) };
    }
}
