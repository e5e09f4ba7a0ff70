using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>Writes and signs the next manifest (docs/protocol.md §5).</summary>
public static class ManifestDraft
{
    /// <summary>The manifest of version 1.</summary>
    /// <param name="begin">Link 0.</param>
    /// <param name="change">The first items and notes.</param>
    /// <param name="key">The first device's key.</param>
    /// <param name="random">Draws the label key and a nonce.</param>
    public static SignedManifest First(ChainLinkDraft begin, ManifestChange change, SigningKey key, IRandom random)
    {
        using var content = new ManifestPrivate(
            ManifestPrivate.NewLabelKey(random),
            [.. change.Put.Select(p => p.Note).OrderBy(n => n.Id)],
            [.. change.Notes.OrderBy(n => n.Id)], []);
        return Write(content, content.LabelKey, null, begin.Place, begin.Key,
            [.. change.Put.Select(p => p.Entry)], begin.Link.Signer, key, random);
    }

    /// <summary>The manifest that follows an open vault.</summary>
    /// <param name="before">The vault.</param>
    /// <param name="link">The link of the same commit, or null.</param>
    /// <param name="change">What changes.</param>
    /// <param name="signer">Who signs: active after the link.</param>
    /// <param name="key">Its key.</param>
    /// <param name="random">Draws a new epoch's label key and a nonce.</param>
    public static SignedManifest Next(
        OpenVault before, ChainLinkDraft? link, ManifestChange change, AuthorityId signer, SigningKey key,
        IRandom random)
    {
        var chain = before.Vault.Chain;
        var epochKey = link?.Key ?? before.Keys.Current;
        var put = change.Put.ToDictionary(p => p.Entry.Id);
        var gone = change.Delete.Concat(put.Keys).ToHashSet();
        var items = before.Vault.Manifest.Manifest.Items.Where(i => !gone.Contains(i.Id))
            .Concat(put.Values.Select(p => p.Entry));
        var notes = before.Private.Items.Where(i => !gone.Contains(i.Id)).Concat(put.Values.Select(p => p.Note));

        var active = chain.Active.Select(a => a.Id).Concat(link?.Link.Add.Select(a => a.Id) ?? [])
            .Except(link?.Link.Remove ?? []).ToHashSet();
        var told = change.Notes.Select(n => n.Id).ToHashSet();
        var authorities = before.Private.Authorities.Where(n => !told.Contains(n.Id)).Concat(change.Notes)
            .Where(n => active.Contains(n.Id));

        var labelKey = epochKey.Epoch == chain.Epoch
            ? SecretBytes.Copy(before.Private.LabelKey.Span)
            : ManifestPrivate.NewLabelKey(random);
        using var content = new ManifestPrivate(
            labelKey, [.. notes.OrderBy(n => n.Id)], [.. authorities.OrderBy(n => n.Id)],
            RealmKeyRotation.Next(before.Private.RealmKeys, change, active, link?.Link.Remove.Length > 0, random));
        return Write(
            content, before.Private.LabelKey, before.Vault.Manifest,
            link?.Place ?? chain.Place, epochKey, [.. items], signer, key, random);
    }

    private static SignedManifest Write(
        ManifestPrivate content, SecretBytes leafKey, SignedManifest? before, ChainPlace head, EpochKey epochKey,
        ImmutableArray<ManifestItem> items, AuthorityId signer, SigningKey key, IRandom random)
    {
        var version = (before?.Manifest.Version ?? 0) + 1;
        return SignedManifest.Sign(
            new Manifest
            {
                Account = epochKey.Account,
                Version = version,
                Previous = before?.Hash ?? default,
                Trail = before?.NextTrail ?? default,
                ChainHead = head,
                Epoch = epochKey.Epoch,
                Items = [.. items.OrderBy(i => i.Id)],
                LeafLabel = ManifestPrivate.LeafLabel(leafKey, epochKey.Account, version),
                Private = content.Seal(epochKey, version, random),
                Signer = signer,
            },
            key);
    }
}
