using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// What a malicious server can make of true answers: it has every public byte and its own keys, and no key of the
/// user's.
/// </summary>
internal static class Lies
{
    private static readonly IRandom Random = SystemRandom.Instance;

    public static ImmutableArray<SignedChainLink> Links(VaultBundle vault) =>
        [.. vault.Links.Select(SignedChainLink.Decode)];

    /// <summary>
    /// A link with another body, signed by a key of the server's; the added authorities' proofs stay what they were.
    /// </summary>
    public static SignedChainLink Resign(SignedChainLink link, ChainLink body, SigningKey? own = null)
    {
        using var key = own is null ? NewKey() : null;
        var bytes = body.Encode();
        var possession = link.Possession.Length == body.Add.Length
            ? link.Possession : [.. body.Add.Select(_ => new byte[64])];
        return SignedChainLink.Create(bytes, (own ?? key!).Sign(SignatureLabel.Link, bytes), possession);
    }

    /// <summary>A whole account of the server's own that pretends to hold a slot of the user's.</summary>
    public static VaultBundle TransplantSlot(
        string app, NewAuthority slot, KemPublicKey slotKem, ReadOnlyMemory<byte> head, LiarKeys keys)
    {
        var signing = keys.Signing;
        var device = (NewAuthority.Of(keys.Id, AuthorityKind.Device, signing.PublicKey, keys.Kem.PublicKey),
            keys.Kem.PublicKey);
        var draft = ChainLinkDraft.Begin(app, device, [(slot, slotKem)], 1, Random);
        var proofs = draft.Link.Add.ToDictionary(a => a.Id, _ => new byte[64]);
        proofs[device.Item1.Id] = ChainLinkDraft.ProvePossession(signing, draft.Body);
        var link = draft.Sign(signing, proofs);
        var manifest = ManifestDraft.First(draft, new ManifestChange(), signing, Random);
        return new VaultBundle(
            draft.Link.Account, 0, [link.Bytes], [draft.Keyset.Bytes], manifest.Bytes, head, [],
            ImmutableSortedDictionary<AuthorityId, ulong>.Empty);
    }

    /// <summary>A keyset with other entries.</summary>
    public static ReadOnlyMemory<byte> Encode(Keyset like, IReadOnlyCollection<KeysetEntry> entries)
    {
        var writer = new CborOut().Array(5).Text(Labels.Keyset).UInt(1).Bytes(like.Account).UInt(like.Epoch)
            .Array(entries.Count);
        foreach (var entry in entries) writer.Array(3).Bytes(entry.Id).Bytes(entry.KemKey.Span).Bytes(entry.Seal.Span);
        return writer.ToArray();
    }

    public static SigningKey NewKey() => SigningKey.FromSeed(Seed());

    public static byte[] Seed()
    {
        var seed = new byte[32];
        Random.Fill(seed);
        return seed;
    }
}
