using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>
/// Every number and size that somebody else writes, at its cap and one above, where it is decoded; those of a chain
/// stand in sigchain.json.
/// </summary>
public sealed class Caps : IDisposable
{
    private readonly TestAuthority _phone = TestAuthority.Device(new TestRandom(140));
    private readonly TestAccount _account;
    private readonly VaultBundle _told;

    public Caps()
    {
        _account = TestAccount.Begin(new TestRandom(141), _phone);
        _told = _account.Now.Tell();
    }

    [Fact]
    public void A_vault_and_a_repair_tell_4_096_links()
    {
        Vaults(count => _told with { Links = Parts(count, 1) }, Limits.Links);
        Vaults(count => _told with { First = 4000, Links = Parts(count, 1) }, 96);
        Vaults(count => _told with { First = (ulong)count, Links = [] }, Limits.Links);
        Repairs(count => (Parts(count, 1), Parts(1, 1), Parts(1, 1)[0]), Limits.Links);
    }

    [Fact]
    public void A_chain_of_4_096_links_is_read_and_sound_and_one_more_is_not_told()
    {
        var told = LongChain.Replacing(_phone, Limits.Links, new TestRandom(145)).Tell();
        Assert.True(told.Links.Sum(link => link.Length) < Limits.ChainBytes);
        var bytes = told.Encode();
        var vault = Assert.IsType<VaultVerdict.Ok>(VerifiedVault.Verify(
            TestAccount.DefaultApp, VaultBundle.Decode(bytes), _phone.Identity, null, TestHome.Keys)).Vault;
        using var open = vault.Open(_phone.Id, _phone.Kem).Vault!;
        Assert.Equal((ulong)Limits.Links, open.Keys.Current.Epoch);
        Assert.NotNull(open.Keys.Find(1));
        var more = told with { Links = told.Links.Add(told.Links[^1]) };
        Assert.Throws<WireFormatException>(() => VaultBundle.Decode(more.Encode()));
    }

    [Fact]
    public void Their_links_have_4_MiB_together_and_64_KiB_each()
    {
        var full = Parts(64, Limits.SignedLinkBytes);
        Assert.Equal(Limits.ChainBytes, full.Sum(link => link.Length));
        Vaults(more => _told with { Links = [.. full, .. Parts(more, 1)] }, 0);
        Repairs(more => ([.. full, .. Parts(more, 1)], Parts(1, 1), Parts(1, 1)[0]), 0);
        Vaults(size => _told with { Links = Parts(1, size) }, Limits.SignedLinkBytes);
        Repairs(size => (Parts(1, size), Parts(1, 1), Parts(1, 1)[0]), Limits.SignedLinkBytes);
    }

    [Fact]
    public void A_vault_tells_32_keysets_65_536_hashes_and_32_times()
    {
        Vaults(count => _told with { Keysets = Parts(count, 1) }, Limits.Authorities);
        Vaults(size => _told with { Keysets = Parts(1, size) }, Limits.KeysetBytes);
        Vaults(count => _told with { Hashes = [.. new Hash256[count]] }, Limits.TrailPage);
        Vaults(size => _told with { Manifest = new byte[size] }, Limits.CommitBytes);
        Vaults(size => _told with { Head = new byte[size] }, SignedHead.MaxSize);
        Vaults(count => _told with {
            TrustedFrom = Enumerable.Range(0, count).Select(i => new AuthorityId([.. new byte[15], (byte)i]))
                .ToImmutableSortedDictionary(id => id, _ => 1UL),
        }, Limits.Authorities);
        Repairs(count => (Parts(1, 1), Parts(count, 1), Parts(1, 1)[0]), Limits.Authorities);
    }

    [Fact]
    public void A_vault_tells_16_gaps_16_claims_and_32_who_were_active()
    {
        Vaults(count => _told with {
            Gaps = [.. Enumerable.Range(1, count).Select(i => new ManifestGap((ulong)i, (ulong)i, default))],
        }, Limits.Gaps);
        Vaults(count => _told with { Restored = Parts(count, 1) }, Limits.Claims);
        Vaults(size => _told with { Restored = Parts(1, size) }, SignedClaim.MaxSize);
        Vaults(count => _told with {
            ActiveAtMinChain =
                [.. Enumerable.Range(0, count).Select(i => new AuthorityId([.. new byte[15], (byte)i]))],
        }, Limits.Authorities);
    }

    [Fact]
    public void A_keyset_seals_to_32()
    {
        using var key = EpochKey.Create(_account.Now.Account, 1, new TestRandom(142));
        byte[] Of(int count) => Keyset.Create(key, Enumerable.Range(0, count).Select(i => KeyValuePair.Create(
            new AuthorityId([.. new byte[15], (byte)i]), _phone.Kem.PublicKey))).Bytes.ToArray();
        AtMost(count => Keyset.Decode(Of(count)), Limits.Authorities);
        Assert.True(Of(Limits.Authorities).Length <= Limits.KeysetBytes);
        Assert.Throws<WireFormatException>(() => Keyset.Decode(Of(0)));
    }

    [Fact]
    public void A_manifest_names_1_024_items_and_seals_131_072_bytes()
    {
        var manifest = _account.Now.Manifest.Manifest;
        AtMost(count => Manifest.Decode((manifest with { Items = [.. Items(count)] }).Encode()), Limits.Items);
        AtMost(size => Manifest.Decode((manifest with { Private = new byte[size] }).Encode()), Limits.PrivateBytes);
        AtMost(size => Manifest.Decode((manifest with { Items = [Items(1).Single() with { Size = size }] }).Encode()),
            SealedItem.MaxSizeOf(Limits.MaxItemBytes));
    }

    [Fact]
    public void An_item_has_a_name_of_64_bytes_and_content_of_1_MiB()
    {
        using var key = EpochKey.Create(_account.Now.Account, 1, new TestRandom(143));
        var header = new ItemHeader(_account.Now.Account, new ItemId(new byte[16]), 1, 1, default);
        byte[] Seal(int name, int content) => SealedItem.Seal(
            key, header, new string('n', name), new byte[content], new TestRandom(144));
        var largest = Seal(64, Limits.MaxItemBytes);
        Assert.Equal(SealedItem.MaxSizeOf(Limits.MaxItemBytes), largest.Length);
        Assert.Equal(Limits.MaxItemBytes, SealedItem.Open(key, largest)!.Content.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => Seal(65, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Seal(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Seal(1, Limits.MaxItemBytes + 1));
    }

    [Fact]
    public void What_an_item_holds_is_the_one_spelling_of_its_name_and_content()
    {
        foreach (var content in new[] { 0, 23, 24, 255, 256, 65_535, 65_536, Limits.MaxItemBytes })
        {
            foreach (var name in new[] { "n", new string('n', 23), new string('n', 24), "é", new string('n', 64) })
            {
                var bytes = new TestRandom(content).Bytes(content);
                var written = new byte[ItemPlaintext.SizeOf(System.Text.Encoding.UTF8.GetByteCount(name), content)];
                ItemPlaintext.Write(name, bytes, written);
                Assert.Equal(new CborOut().Array(2).Text(name).Bytes(bytes).ToArray(), written);
                var read = ItemPlaintext.Read(written)!;
                Assert.Equal(name, read.Name);
                Assert.Equal(bytes, read.Content);
            }
        }
    }

    public void Dispose() => _phone.Dispose();

    private static void Vaults(Func<int, VaultBundle> make, int cap) =>
        AtMost(count => VaultBundle.Decode(make(count).Encode()), cap);

    private static void Repairs(
        Func<int, (ImmutableArray<ReadOnlyMemory<byte>> Links, ImmutableArray<ReadOnlyMemory<byte>> Keysets,
            ReadOnlyMemory<byte> Manifest)> make, int cap) => AtMost(count =>
        {
            var (links, keysets, manifest) = make(count);
            var writer = new CborOut().Array(8).Text(Labels.Repair).UInt(1).Array(links.Length);
            foreach (var link in links) writer.Bytes(link.Span);
            writer.Array(keysets.Length);
            foreach (var keyset in keysets) writer.Bytes(keyset.Span);
            // Its parts are found, and none is decoded: here they are nothing but bytes.
            RepairOutline.Read(
                writer.Bytes(manifest.Span).Bytes([]).Bytes(default(Hash256)).Array(0).ToArray());
        }, cap);

    private static void AtMost(Action<int> read, int cap)
    {
        read(cap);
        Assert.Throws<WireFormatException>(() => read(cap + 1));
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> Parts(int count, int size) =>
        [.. Enumerable.Repeat((ReadOnlyMemory<byte>)new byte[size], count)];

    private static IEnumerable<ManifestItem> Items(int count) => Enumerable.Range(0, count).Select(i =>
        new ManifestItem(new ItemId([.. new byte[14], (byte)(i >> 8), (byte)(i & 0xff)]), 1, 1, 380, default));
}
