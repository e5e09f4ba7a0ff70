using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing;

/// <summary>Vaults with chains of any length, signed link by link without a reading in between.</summary>
public static class LongChain
{
    private const ulong Begun = 1_760_000_000;

    /// <summary>
    /// A phone that replaces its code over and over: every link but the first two adds a code, removes the one before
    /// and begins an epoch.
    /// </summary>
    /// <param name="phone">The only device, which signs and reads.</param>
    /// <param name="length">How many links, at least 2.</param>
    /// <param name="random">Draws ids and keys.</param>
    public static ServedVault Replacing(TestAuthority phone, int length, TestRandom random)
    {
        var draft = ChainLinkDraft.Begin(TestAccount.DefaultApp, phone.Added, [], Begun, random);
        var links = ImmutableArray.CreateBuilder<SignedChainLink>(length);
        links.Add(Forge.Link(draft.Link, phone, phone));
        var (key, code) = (draft.Key, (TestAuthority?)null);
        for (var sequence = 1; ; sequence++)
        {
            var next = EpochKey.Create(draft.Link.Account, key.Epoch + 1, random);
            var added = TestAuthority.Slot(AuthorityKind.Code, ReadOnlyMemory<byte>.Empty, random);
            var isLast = sequence == length - 1;
            var keyset = isLast ? Keyset.Create(next, [Recipient(phone), Recipient(added)]) : draft.Keyset;
            var link = new ChainLink
            {
                Account = draft.Link.Account,
                Sequence = (ulong)sequence,
                Previous = links[^1].Hash,
                Epoch = next.Epoch,
                EpochCommit = next.Commit,
                PreviousEpochKey = next.SealPrevious(key, random),
                KeysetHash = keyset.Hash,
                Add = [added.Entry],
                Remove = code is null ? [] : [code.Id],
                Time = Begun + (ulong)sequence,
                Signer = phone.Id,
            };
            links.Add(Forge.Link(link, phone, added));
            key.Dispose();
            code?.Dispose();
            (key, code) = (next, added);
            if (!isLast) continue;
            using (key)
            using (code)
                return new ServedVault(links.ToImmutable(), keyset, Empty(key, links[^1], phone, random));
        }
    }

    private static SignedManifest Empty(EpochKey key, SignedChainLink head, TestAuthority signer, TestRandom random)
    {
        using var content = new ManifestPrivate(ManifestPrivate.NewLabelKey(random), [], [], []);
        var manifest = new Manifest
        {
            Account = key.Account,
            Version = head.Link.Sequence + 1,
            Previous = head.Hash,
            ChainHead = new ChainPlace(head.Link.Sequence, head.Hash),
            Epoch = key.Epoch,
            Items = [],
            LeafLabel = default,
            Private = content.Seal(key, head.Link.Sequence + 1, random),
            Signer = signer.Id,
        };
        return SignedManifest.Sign(manifest, signer.Signing);
    }

    private static KeyValuePair<AuthorityId, KemPublicKey> Recipient(TestAuthority authority) =>
        KeyValuePair.Create(authority.Id, authority.Kem.PublicKey);
}
