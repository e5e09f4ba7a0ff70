using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>
/// F02, F04: what a client needs to go back to an earlier state, by a device and by the code alone: where the current
/// manifest's sealed part does not open, and where the current epoch is a culprit's and leads nowhere.
/// </summary>
public sealed class Undoing : IDisposable
{
    private static readonly ItemId Diary = new(new TestRandom(140).Bytes(16));
    private static readonly ItemId Photo = new(new TestRandom(141).Bytes(16));

    private readonly TestRandom _random = new(142);
    private readonly TestAuthority _phone;
    private readonly TestAuthority _laptop;
    private readonly TestAuthority _code;
    private readonly TestAccount _account;
    private readonly ServedVault _good;

    public Undoing()
    {
        (_phone, _laptop, _code) =
            (TestAuthority.Device(_random), TestAuthority.Device(_random), TestAuthority.Code(_random));
        _account = TestAccount.Begin(_random, _phone, [_code], items: [(Diary, [1, 2, 3]), (Photo, [4])]);
        _account.Commit(_phone, new AccountChange { Add = [_laptop] });
        _good = _account.Now;
        _account.Commit(_laptop, new AccountChange { Put = [(Diary, [9])], Delete = [Photo] });
    }

    [Fact]
    public void The_code_returns_to_a_point_where_no_sealed_part_opens_and_every_item_reads_as_before()
    {
        var broken = Garbage(_account.Now, _laptop);
        var vault = Read(broken, _code);
        Assert.Equal((null, ProtocolFault.ManifestPrivate), vault.Open(_code.Id, _code.Kem));

        using var point = OpenPoint(vault, broken, _code);
        using var link = Around(vault, point.Keys.Current, _code);
        var manifest = ManifestDraft.Undo(
            vault, null, point.Content, link, new UndoChange { Return = point.Content.Private!.Items }, _code.Id,
            _code.Signing, _random);
        Assert.Equal(ProtocolFault.None, manifest.CheckFollows(broken.Manifest, _good.Manifest));
        Assert.True(manifest.ChangesNothing(broken.Manifest, _good.Manifest));
        Assert.True(manifest.Manifest.HasLeafLabelOf(point.Content.Private!.LabelKey));
        IsAsBefore(After(broken, link, manifest, _code), [_phone, _code]);
    }

    [Fact]
    public void A_device_leads_around_an_epoch_that_is_not_sound_and_returns_to_its_own_kept_vault()
    {
        var culprits = Unsound(_account.Now, _laptop);
        var vault = Read(culprits, _phone);
        Assert.Equal((null, ProtocolFault.UnsoundEpoch), vault.Open(_phone.Id, _phone.Kem));

        using var kept = Read(_good, _phone).Open(_phone.Id, _phone.Kem).Vault!;
        using var link = Around(vault, kept.Keys.Current, _phone);
        Assert.Equal((3UL, 1UL), (link.Link.Epoch, link.Link.PreviousEpoch));
        var manifest = ManifestDraft.Undo(
            vault, null, new OpenManifest(kept.Vault.Manifest, kept.Private), link,
            new UndoChange { Return = kept.Private.Items }, _phone.Id, _phone.Signing, _random);
        IsAsBefore(After(culprits, link, manifest, _phone), [_phone, _code]);
    }

    [Fact]
    public void A_device_keeps_returns_puts_again_and_leaves_out_item_by_item()
    {
        using var open = _account.Open(_phone);
        var vault = open.Vault;
        using var point = OpenPoint(vault, _account.Now, _phone);
        using var link = Around(vault, open.Keys.Current, _phone);
        var (now, then) = (vault.Manifest.Manifest.Find(Diary)!, _good.Manifest.Manifest.Find(Photo)!);
        var header = new ItemHeader(
            vault.Account, Photo, ManifestItem.NextVersion(null, then), link.Key.Epoch,
            ManifestItem.PreviousOf(null, then));
        Assert.Equal((2UL, then.Hash), (header.Version, header.Previous));
        var bytes = SealedItem.Seal(link.Key, header, "photo", [5], _random);
        var put = new ManifestItem(Photo, header.Version, header.Epoch, bytes.Length, Hash256.Of(bytes));
        var manifest = ManifestDraft.Undo(
            vault, open.Private, point.Content, link,
            new UndoChange
            {
                Keep = [.. open.Private.Items.Where(n => n.Id == Diary)],
                Put = [(put, new ItemNote(Photo, "photo", 1, 0))],
            },
            _phone.Id, _phone.Signing, _random);
        Assert.Equal(ProtocolFault.None, manifest.CheckFollows(vault.Manifest, _good.Manifest));
        Assert.Equal<ManifestItem>(new[] { now, put }.OrderBy(i => i.Id), manifest.Manifest.Items);
        // No slot may do that.
        Assert.False(manifest.ChangesNothing(vault.Manifest, _good.Manifest));

        using var nothing = Open(After(_account.Now, link, manifest, _phone), _phone);
        Assert.Equal([5], nothing.OpenItem(put, bytes).Content);
        Assert.Equal([9], nothing.OpenItem(now, _account.Items[now.Hash]).Content);
    }

    [Fact]
    public void A_draft_refuses_an_item_that_is_in_neither_and_one_that_is_named_twice()
    {
        using var open = _account.Open(_phone);
        using var point = OpenPoint(open.Vault, _account.Now, _phone);
        using var link = Around(open.Vault, open.Keys.Current, _phone);
        var (diary, photo) = (open.Private.Items.Single(), point.Content.Private!.Items.Single(n => n.Id == Photo));
        UndoChange[] wrong =
        [
            new() { Keep = [photo] },
            new() { Return = [diary with { Id = new ItemId(_random.Bytes(16)) }] },
            new() { Keep = [diary], Return = [diary] },
            new() { Keep = [diary], Return = [photo with { Name = diary.Name }] },
        ];
        Assert.All(wrong, change => Assert.Throws<ArgumentException>(() => Write(change)));
        // The control.
        Assert.Equal(2, Write(new UndoChange { Keep = [diary], Return = [photo] }).Manifest.Items.Length);

        SignedManifest Write(UndoChange change) => ManifestDraft.Undo(
            open.Vault, open.Private, point.Content, link, change, _phone.Id, _phone.Signing, _random);
    }

    [Fact]
    public void A_reader_takes_an_undo_only_on_a_link_that_begins_an_epoch_and_to_what_is_below_it()
    {
        var undo = _account.Undo(_phone, 0, new AccountChange { Remove = [_laptop] });
        Assert.Null(FaultOf(_account.Now));
        var version = undo.Manifest.Manifest.Version;
        foreach (var ahead in new[] { version, version + 1 })
            Assert.Equal(ProtocolFault.ManifestBase, FaultOf(Signed(
                _account.Now, m => m with { Base = new ManifestPlace(ahead, _good.Manifest.Hash) })));

        using var watch = TestAuthority.Device(_random);
        _account.Commit(_phone, new AccountChange { Add = [watch] });
        Assert.Null(FaultOf(_account.Now));
        Assert.Equal(ProtocolFault.ManifestBase, FaultOf(Signed(
            _account.Now, m => m with { Base = _good.Manifest.Place })));

        ServedVault Signed(ServedVault told, Func<Manifest, Manifest> change) =>
            told with { Manifest = SignedManifest.Sign(change(told.Manifest.Manifest), _phone.Signing) };
        ProtocolFault? FaultOf(ServedVault told) => (VerifiedVault.Verify(
            TestAccount.DefaultApp, told.Tell(), _phone.Identity, null, TestHome.Keys)
            as VaultVerdict.Refused)?.Fault;
    }

    [Fact]
    public void A_device_that_was_added_since_opens_a_point_by_its_path_and_not_by_a_seal()
    {
        using var watch = TestAuthority.Device(_random);
        _account.Commit(_phone, new AccountChange { Add = [watch], Remove = [_laptop] });
        using var open = _account.Open(watch);
        var point = new RestorePoint(_good.Manifest, ReadOnlyMemory<byte>.Empty);
        Assert.Equal(ProtocolFault.None, point.Check(open.Vault, [.. _account.Now.Hashes.Skip(1)]));
        Assert.Equal((null, ProtocolFault.OwnSeal), point.Open(open.Vault, watch.Id, watch.Kem));
        using var opened = point.Open(open.Vault, open.Keys).Point!;
        Assert.Equal(2, opened.Content.Private!.Items.Length);
    }

    public void Dispose()
    {
        foreach (var authority in new[] { _phone, _laptop, _code }) authority.Dispose();
    }

    private OpenRestorePoint OpenPoint(VerifiedVault vault, ServedVault told, TestAuthority reader)
    {
        var seal = _good.Keysets.SelectMany(k => k.Entries).Single(e => e.Id == reader.Id).Seal;
        var point = RestorePoint.Decode(new RestorePoint(_good.Manifest, seal).Encode());
        Assert.Equal(ProtocolFault.None, point.Check(vault, [.. told.Hashes.Skip(1)]));
        return point.Open(vault, reader.Id, reader.Kem).Point!;
    }

    private ChainLinkDraft Around(VerifiedVault vault, EpochKey previous, TestAuthority signer) =>
        ChainLinkDraft.NextEpoch(vault, previous, new ChainLinkChange([], [_laptop.Id]), signer.Id, 0, _random);

    private static ServedVault After(
        ServedVault from, ChainLinkDraft link, SignedManifest manifest, TestAuthority signer) => from.After(
            new CommitBundle(
                link.Sign(signer.Signing, new Dictionary<AuthorityId, byte[]>()), link.Keyset, manifest, []));

    private void IsAsBefore(ServedVault told, TestAuthority[] readers)
    {
        foreach (var reader in readers)
        {
            using var open = Open(told, reader);
            Assert.Equal<ManifestItem>(_good.Manifest.Manifest.Items, told.Manifest.Manifest.Items);
            foreach (var (item, content) in new[] { (Diary, new byte[] { 1, 2, 3 }), (Photo, [4]) })
            {
                var entry = told.Manifest.Manifest.Find(item)!;
                Assert.Equal(content, open.OpenItem(entry, _account.Items[entry.Hash]).Content);
            }
        }
    }

    private static OpenVault Open(ServedVault told, TestAuthority reader) =>
        Read(told, reader).Open(reader.Id, reader.Kem).Vault!;

    private static VerifiedVault Read(ServedVault told, TestAuthority reader) => Assert.IsType<VaultVerdict.Ok>(
        VerifiedVault.Verify(
            TestAccount.DefaultApp, told.Tell() with { Hashes = told.Hashes }, reader.Identity, null,
            TestHome.Keys)).Vault;

    /// <summary>F02: the next manifest, with a sealed part that nobody opens.</summary>
    private ServedVault Garbage(ServedVault from, TestAuthority signer)
    {
        var before = from.Manifest;
        var manifest = before.Manifest with
        {
            Version = before.Manifest.Version + 1, Previous = before.Hash, Trail = before.NextTrail,
            Private = _random.Bytes(296), Signer = signer.Id,
        };
        return from.After(new CommitBundle(null, null, SignedManifest.Sign(manifest, signer.Signing), []));
    }

    /// <summary>F04: an epoch whose box holds nothing, with seals that open.</summary>
    private ServedVault Unsound(ServedVault from, TestAuthority signer)
    {
        using var open = Open(from, signer);
        using var draft = ChainLinkDraft.NextEpoch(
            open.Vault, open.Keys.Current, new ChainLinkChange([], [], true), signer.Id, 0, _random);
        var link = Forge.Link(draft.Link with { PreviousEpochKey = _random.Bytes(48) }, signer);
        var garbage = Garbage(from, signer).Manifest.Manifest with
        {
            ChainHead = new ChainPlace(link.Link.Sequence, link.Hash), Epoch = 2,
        };
        return from.After(
            new CommitBundle(link, draft.Keyset, SignedManifest.Sign(garbage, signer.Signing), []));
    }
}
