using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>A server that shows an older or another table, or items that are not those of it.</summary>
public sealed class LyingTables : LiedToReader
{
    [Fact]
    public void The_truth_is_accepted_from_nothing_and_from_any_vault_known_before()
    {
        foreach (var reader in new[] { Phone, Laptop, Code, Passphrase })
            Assert.IsType<VaultVerdict.Ok>(Read(Account.Now.Tell(), reader));
        foreach (var before in Account.History)
        {
            var known = Known(before);
            Assert.IsType<VaultVerdict.Ok>(Read(Account.Now.Tell(known: known), Phone, known));
            Assert.IsType<VaultVerdict.Ok>(Read(Account.Now.Tell(before.Links.Length, known), Phone, known));
        }
    }

    [Fact]
    public void An_older_manifest_on_the_same_chain_is_a_roll_back_of_the_manifest()
    {
        var (older, newer) = (Account.History[1], Account.History[2]);
        Assert.Equal(older.Links.Length, newer.Links.Length);
        Refused(ProtocolFault.RolledBackManifest, older.Tell(), Phone, Known(newer));
        Refused(ProtocolFault.RolledBackManifest, older.Tell(older.Links.Length), Phone, Known(newer));
    }

    [Fact]
    public void A_manifest_of_an_older_chain_does_not_stand_on_the_head() =>
        Refused(ProtocolFault.ManifestHeads,
            (Account.Now with { Manifest = Account.History[1].Manifest }).Tell(), Phone);

    [Fact]
    public void Two_manifests_of_one_version_or_one_that_does_not_follow_are_a_fork_of_the_manifest()
    {
        var at = Account.Now;
        var other = SignedManifest.Sign(at.Manifest.Manifest with { LeafLabel = default }, Laptop.Signing);
        Refused(ProtocolFault.ForkedManifest, (at with { Manifest = other }).Tell(), Phone, Known());
        var next = SignedManifest.Sign(
            at.Manifest.Manifest with { Version = at.Manifest.Manifest.Version + 1, Previous = other.Hash },
            Laptop.Signing);
        Refused(ProtocolFault.ForkedManifest, (at with { Manifest = next }).Tell(), Phone, Known());
    }

    [Fact]
    public void A_changed_manifest_has_no_signature()
    {
        var manifest = Account.Now.Manifest;
        var fewer = Forge.Manifest(manifest.Manifest with { Items = manifest.Manifest.Items[1..] }, manifest);
        Refused(ProtocolFault.ManifestSignature, (Account.Now with { Manifest = fewer }).Tell(), Phone);
    }

    [Fact]
    public void Swapped_truncated_and_older_items_are_not_what_the_manifest_names()
    {
        using var open = Account.Open(Phone);
        var identity = Account.Now.Manifest.Manifest.Find(Identity)!;
        var drive = Account.Now.Manifest.Manifest.Find(Drive)!;
        var older = Account.History[0].Manifest.Manifest.Find(Identity)!;
        Assert.Equal([3], open.OpenItem(identity, Account.Items[identity.Hash]).Content);
        Assert.Equal((null, ProtocolFault.ItemHash), open.OpenItem(identity, Account.Items[drive.Hash]));
        Assert.Equal((null, ProtocolFault.ItemHash), open.OpenItem(identity, Account.Items[older.Hash]));
        Assert.Equal(
            (null, ProtocolFault.ItemHash), open.OpenItem(identity, Account.Items[identity.Hash].AsSpan(..^1)));
        Assert.Equal((null, ProtocolFault.ItemHash), open.OpenItem(identity, []));
    }

    [Fact]
    public void An_item_in_anothers_place_gives_itself_away_even_where_a_device_signed_it_there()
    {
        using var open = Account.Open(Phone);
        var drive = Account.Now.Manifest.Manifest.Find(Drive)!;
        var sealedDrive = Account.Items[drive.Hash];
        Assert.Equal((null, ProtocolFault.ItemHeader), open.OpenItem(drive with { Id = Identity }, sealedDrive));
        Assert.Equal((null, ProtocolFault.ItemHeader), open.OpenItem(drive with { Version = 2 }, sealedDrive));
        var magic = Forge.Flip(sealedDrive, 0);
        Assert.Equal((null, ProtocolFault.ItemHeader), open.OpenItem(drive with { Hash = Hash256.Of(magic) }, magic));
        var body = Forge.Flip(sealedDrive, 200);
        Assert.Equal((null, ProtocolFault.ItemSeal), open.OpenItem(drive with { Hash = Hash256.Of(body) }, body));
    }

    [Fact]
    public void An_item_that_is_sealed_under_anothers_name_is_not_the_one_that_the_sealed_part_tells()
    {
        using var open = Account.Open(Phone);
        (ManifestItem Entry, byte[] Sealed) Seal(ItemId id, string name)
        {
            var key = open.Keys.Current;
            var item = SealedItem.Seal(
                key, new ItemHeader(key.Account, id, 1, key.Epoch, default), name, [1], Random);
            return (new ManifestItem(id, 1, key.Epoch, item.Length, Hash256.Of(item)), item);
        }

        var renamed = Seal(Identity, $"item {Drive}");
        Assert.Equal((null, ProtocolFault.ItemName), open.OpenItem(renamed.Entry, renamed.Sealed));
        var right = Seal(Identity, $"item {Identity}");
        Assert.Equal([1], open.OpenItem(right.Entry, right.Sealed).Content);
        // A deleted one has no note; it tells its own name.
        var deleted = Seal(new ItemId(Random.Bytes(16)), "anything");
        Assert.Equal([1], open.OpenItem(deleted.Entry, deleted.Sealed).Content);
    }

    [Fact]
    public void A_structure_of_a_later_version_than_all_read_is_nobodys_and_garbage_is_malformed()
    {
        var told = Account.Now.Tell();
        var later = told.Keysets[0].ToArray();
        later[1 + 1 + Labels.Keyset.Length] = 2;
        Refused(ProtocolFault.AboveFormat, told with { Keysets = [later] }, Phone);
        Refused(ProtocolFault.Malformed, told with { Keysets = [told.Keysets[0][..^1]] }, Phone);
        Refused(ProtocolFault.Malformed, told with { Manifest = new byte[] { 0 } }, Phone);
    }
}
