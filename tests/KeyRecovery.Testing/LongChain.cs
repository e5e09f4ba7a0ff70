using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing;

/// <summary>Vaults with chains of any length, signed link by link without a reading in between.</summary>
public static class LongChain
{
    private const ulong Begun = 1_760_000_000;

    /// <summary>How many codes come one after the other; a chain adds 512 authorities at most.</summary>
    private const int Codes = 400;

    /// <summary>
    /// A phone that replaces its code over and over, and after some hundred times only begins epochs: every link but
    /// the first does, and adds a code and removes the one before it while there are any.
    /// </summary>
    /// <param name="phone">The only device, which signs and reads.</param>
    /// <param name="length">How many links, at least 2.</param>
    /// <param name="random">Draws ids and keys.</param>
    public static ServedVault Replacing(TestAuthority phone, int length, TestRandom random)
    {
        using var draft = ChainLinkDraft.Begin(TestAccount.DefaultApp, phone.Added, [], Begun, random);
        var links = ImmutableArray.CreateBuilder<SignedChainLink>(length);
        links.Add(Forge.Link(draft.Link, phone, phone));
        var (key, keyset, code) = (draft.Key, draft.Keyset, (TestAuthority?)null);
        while (links.Count < length)
        {
            var next = EpochKey.Create(draft.Link.Account, key.Epoch + 1, random);
            var added = links.Count > Codes
                ? null : TestAuthority.Slot(AuthorityKind.Code, ReadOnlyMemory<byte>.Empty, random);
            // Only the newest epoch's keyset is read.
            if (links.Count == length - 1) keyset = Keyset.Create(next, [Recipient(phone), Recipient(added ?? code!)]);
            var link = new ChainLink
            {
                Account = draft.Link.Account,
                Sequence = (ulong)links.Count,
                Previous = links[^1].Hash,
                Epoch = next.Epoch,
                EpochCommit = next.Commit,
                PreviousEpoch = key.Epoch,
                PreviousEpochKey = next.SealPrevious(key),
                KeysetHash = keyset.Hash,
                Add = added is null ? [] : [added.Entry],
                Remove = added is null || code is null ? [] : [code.Id],
                Time = Begun + (ulong)links.Count,
                Signer = phone.Id,
            };
            links.Add(Forge.Link(link, phone, added is null ? [] : [added]));
            key.Dispose();
            key = next;
            if (added is null) continue;
            code?.Dispose();
            code = added;
        }
        using (key)
        using (code)
            return new ServedVault(links.ToImmutable(), [keyset], Empty(key, links[^1], phone, random), []);
    }

    private static SignedManifest Empty(EpochKey key, SignedChainLink head, TestAuthority signer, TestRandom random)
    {
        using var content = new ManifestPrivate(ManifestPrivate.NewLabelKey(random), [], []);
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
