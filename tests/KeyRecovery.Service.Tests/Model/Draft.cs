using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Model;

/// <summary>A commit that somebody makes of a vault, with correct cryptography but for what it spoils on purpose.
/// </summary>
/// <param name="Commit">The commit.</param>
/// <param name="Items">Its sealed items.</param>
internal sealed record Draft(CommitBundle Commit, ImmutableArray<byte[]> Items)
{
    /// <param name="vault">As it was just read.</param>
    /// <param name="by">Who makes it.</param>
    /// <param name="change">What it does.</param>
    /// <param name="spoil">What of it nobody shall open.</param>
    /// <param name="random">Draws keys and nonces.</param>
    /// <param name="anyway">Also where the sealed part does not open: names stand in the items.</param>
    /// <returns>Null where its maker cannot open what it would build on.</returns>
    public static Draft? Of(
        VerifiedVault vault, Member by, AccountChange change, Spoil spoil, TestRandom random, bool anyway = false)
    {
        var (keys, _) = vault.OpenKeys(by.Id, by.Keys.Kem);
        if (keys is null) return null;
        using var open = vault.Open(by.Id, by.Keys.Kem).Vault
            ?? (by.IsHonest && !anyway ? null : Forge.Open(vault, keys, random));
        if (open is null) return null;
        var time = vault.Head.Head.Time;
        using var link = change.HasLink
            ? ChainLinkDraft.Next(
                open, new ChainLinkChange(
                    [.. change.Add.Select(a => a.Added)], [.. change.Remove.Select(a => a.Id)], change.Mend),
                by.Id, time, random)
            : null;
        var key = link?.Key ?? open.Keys.Current;
        var items = new List<byte[]>();
        var put = change.Put.Select(p => Seal(p.Id, p.Content)).ToImmutableArray();
        var next = ManifestDraft.Next(
            open, link, new ManifestChange { Put = put, Delete = change.Delete }, by.Id, by.Keys.Signing, random);
        var sealedItems = items.Select(i => (ReadOnlyMemory<byte>)i).ToImmutableArray();
        if (link is null)
            return new Draft(new CommitBundle(null, null, Spoiled(next.Manifest, null), sealedItems), [.. items]);
        var keyset = spoil.HasFlag(Spoil.Seals)
            ? Forge.Keyset(vault.Account, key.Epoch, [.. link.Keyset.Entries.Select(BadSeal)]) : link.Keyset;
        var signed = Forge.Link(
            link.Link with
            {
                KeysetHash = keyset.Hash,
                PreviousEpochKey = spoil.HasFlag(Spoil.Box) && link.Link.BeginsEpoch
                    ? random.Bytes(48) : link.Link.PreviousEpochKey,
            },
            by.Keys, [.. change.Add.OrderBy(a => a.Id)]);
        var manifest = Spoiled(next.Manifest, new ChainPlace(signed.Link.Sequence, signed.Hash));
        return new Draft(new CommitBundle(signed, keyset, manifest, sealedItems), [.. items]);

        (ManifestItem, ItemNote) Seal(ItemId id, byte[] content)
        {
            var old = vault.Manifest.Manifest.Find(id);
            var header = new ItemHeader(
                vault.Account, id, ManifestItem.NextVersion(old), key.Epoch, ManifestItem.PreviousOf(old));
            var item = SealedItem.Seal(key, header, NameOf(id), content, random);
            items.Add(item);
            return (new ManifestItem(id, header.Version, header.Epoch, item.Length, Hash256.Of(item)),
                new ItemNote(id, NameOf(id), content.Length, time));
        }

        // Its own it needs: it goes on.
        KeysetEntry BadSeal(KeysetEntry entry) =>
            entry.Id == by.Id ? entry : entry with { Seal = random.Bytes(entry.Seal.Length) };

        SignedManifest Spoiled(Manifest manifest, ChainPlace? place) => SignedManifest.Sign(
            manifest with
            {
                ChainHead = place ?? manifest.ChainHead,
                Private = spoil.HasFlag(Spoil.Private) ? random.Bytes(296) : manifest.Private,
            },
            by.Keys.Signing);
    }

    public static string NameOf(ItemId id) => $"item {id}";
}

/// <summary>What of a commit nobody shall open.</summary>
[Flags]
internal enum Spoil
{
    None = 0,

    /// <summary>The manifest's sealed part.</summary>
    Private = 1,

    /// <summary>The box of the epoch before.</summary>
    Box = 2,

    /// <summary>The others' seals.</summary>
    Seals = 4,
}
