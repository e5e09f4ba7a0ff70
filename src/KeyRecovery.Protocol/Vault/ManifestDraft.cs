using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;

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
            [.. change.Notes.OrderBy(n => n.Id)]);
        return Write(
            content, content.LabelKey, (null, null), (begin.Place, begin.Key),
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
            labelKey, [.. notes.OrderBy(n => n.Id)], [.. authorities.OrderBy(n => n.Id)]);
        return Write(
            content, before.Private.LabelKey, (before.Vault.Manifest, null),
            (link?.Place ?? chain.Place, epochKey), [.. items], signer, key, random);
    }

    /// <summary>The manifest that follows a vault, which need not open, and returns to an earlier one.</summary>
    /// <param name="vault">What was verified.</param>
    /// <param name="now">The sealed part of its manifest; null where that does not open.</param>
    /// <param name="undoneTo">The manifest to which is returned.</param>
    /// <param name="link">The link of the same commit: it begins an epoch.</param>
    /// <param name="change">What becomes of each item.</param>
    /// <param name="signer">Who signs: active after the link.</param>
    /// <param name="key">Its key.</param>
    /// <param name="random">Draws the new epoch's label key and a nonce.</param>
    public static SignedManifest Undo(
        VerifiedVault vault, ManifestPrivate? now, OpenManifest undoneTo, ChainLinkDraft link, UndoChange change,
        AuthorityId signer, SigningKey key, IRandom random)
    {
        var (before, older) = (vault.Manifest.Manifest, undoneTo.Manifest.Manifest);
        ItemNote[] notes = [.. change.Keep, .. change.Return, .. change.Put.Select(p => p.Note)];
        if (notes.DistinctBy(n => n.Id).Count() < notes.Length || notes.DistinctBy(n => n.Name).Count() < notes.Length)
            Throw.Argument(nameof(change), "an item, or a name, stands there twice");
        var items = change.Keep.Select(n => EntryOf(before, n)).Concat(change.Return.Select(n => EntryOf(older, n)))
            .Concat(change.Put.Select(p => p.Entry));
        var active = vault.Chain.Active.Select(a => a.Id).Concat(link.Link.Add.Select(a => a.Id))
            .Except(link.Link.Remove).ToHashSet();
        // What the base says goes before what is told now, which may be a culprit's.
        var told = change.Notes.Concat(undoneTo.Private?.Authorities ?? []).Concat(now?.Authorities ?? [])
            .DistinctBy(n => n.Id).Where(n => active.Contains(n.Id));
        using var content = new ManifestPrivate(
            ManifestPrivate.NewLabelKey(random), [.. notes.OrderBy(n => n.Id)], [.. told.OrderBy(n => n.Id)]);
        using var lost = undoneTo.Private is null ? ManifestPrivate.NewLabelKey(random) : null;
        return Write(
            content, undoneTo.Private?.LabelKey ?? lost!, (vault.Manifest, undoneTo.Manifest),
            (link.Place, link.Key), [.. items], signer, key, random);
    }

    private static ManifestItem EntryOf(Manifest manifest, ItemNote note)
    {
        var entry = manifest.Find(note.Id);
        if (entry is null) Throw.Argument(nameof(note), "an item is named that is not in that manifest");
        return entry;
    }

    private static SignedManifest Write(
        ManifestPrivate content, SecretBytes leafKey, (SignedManifest? Before, SignedManifest? UndoneTo) follows,
        (ChainPlace Place, EpochKey Key) head, ImmutableArray<ManifestItem> items, AuthorityId signer, SigningKey key,
        IRandom random)
    {
        var ((before, undoneTo), (place, epochKey)) = (follows, head);
        var version = (before?.Manifest.Version ?? 0) + 1;
        return SignedManifest.Sign(
            new Manifest
            {
                Account = epochKey.Account,
                Version = version,
                Previous = before?.Hash ?? default,
                Trail = before?.NextTrail ?? default,
                Base = undoneTo?.Place,
                ChainHead = place,
                Epoch = epochKey.Epoch,
                Items = [.. items.OrderBy(i => i.Id)],
                LeafLabel = ManifestPrivate.LeafLabel(leafKey, epochKey.Account, version),
                Private = content.Seal(epochKey, version, random),
                Signer = signer,
            },
            key);
    }
}
