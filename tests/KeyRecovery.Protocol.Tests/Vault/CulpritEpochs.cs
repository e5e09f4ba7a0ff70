using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>
/// F04: a member begins an epoch with good seals and a box that does not hold the key before. Whoever goes on from it
/// would lose all that was stored: it is refused at once, by name, and there is a way around it.
/// </summary>
public sealed class CulpritEpochs : IDisposable
{
    private static readonly ItemId Diary = new(new TestRandom(110).Bytes(16));

    private readonly TestRandom _random = new(111);
    private readonly TestAuthority _phone;
    private readonly TestAuthority _laptop;
    private readonly TestAuthority _tablet;
    private readonly TestAuthority _code;
    private readonly TestAccount _account;

    public CulpritEpochs()
    {
        (_phone, _laptop, _tablet, _code) = (TestAuthority.Device(_random), TestAuthority.Device(_random),
            TestAuthority.Device(_random), TestAuthority.Code(_random));
        _account = TestAccount.Begin(_random, _phone, [_code], items: [(Diary, [1, 2, 3])]);
        _account.Commit(_phone, new AccountChange { Add = [_laptop, _tablet] });
    }

    [Fact]
    public void A_box_of_random_bytes_is_refused_by_every_reader_at_once_and_its_signer_is_named()
    {
        var bad = Begin(_account.Now, _laptop, _ => _random.Bytes(48));
        foreach (var reader in new[] { _phone, _tablet, _code }) IsUnsound(bad, reader, 2);

        // The control: the same link with its own box is sound.
        var good = Begin(_account.Now, _laptop, box => box);
        using var open = Open(good, _phone);
        Assert.NotNull(open.Keys.Find(1));
    }

    [Fact]
    public void A_box_that_holds_another_key_or_is_sealed_in_another_way_is_refused_as_well()
    {
        IsUnsound(Begin(_account.Now, _laptop, box => Forge.Flip(box, 0)), _phone, 2);
        IsUnsound(Begin(_account.Now, _laptop, box => Forge.Flip(box, 47)), _phone, 2);
        using var other = EpochKey.Create(_account.Now.Account, 1, _random);
        IsUnsound(Begin(_account.Now, _laptop, (key, _) => key.SealPrevious(other)), _phone, 2);
        using var elsewhere = EpochKey.Create(new AccountId(_random.Bytes(16)), 1, _random);
        IsUnsound(Begin(_account.Now, _laptop, (key, _) => key.SealPrevious(elsewhere)), _phone, 2);
    }

    [Fact]
    public void An_unsound_epoch_is_found_below_sound_ones_and_the_one_who_began_it_is_named_not_who_went_on()
    {
        var bad = Begin(_account.Now, _laptop, _ => _random.Bytes(48));
        var further = Begin(Begin(bad, _tablet, box => box), _phone, box => box);
        IsUnsound(further, _code, 2);
        IsUnsound(further, _phone, 2);
    }

    [Fact]
    public void Whoever_held_the_key_before_leads_around_it_and_every_one_who_stays_reads_what_was_stored()
    {
        var bad = Begin(_account.Now, _laptop, _ => _random.Bytes(48));
        var mended = Around(bad, _phone, _laptop);
        foreach (var reader in new[] { _phone, _tablet, _code })
        {
            using var open = Open(mended, reader);
            Assert.Empty(open.FindBadSeals());
            Assert.Null(open.Keys.Find(2));
            var entry = mended.Manifest.Manifest.Find(Diary)!;
            Assert.Equal([1, 2, 3], open.OpenItem(entry, _account.Items[entry.Hash]).Content);
        }
        Refused(ProtocolFault.KeysetMembers, mended, _laptop);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Keys_of_a_line_that_a_restore_lost_lead_to_the_newest_sound_epoch_of_the_one_that_there_is(
        bool hasSameKey)
    {
        using var lost = Open(Begin(_account.Now, _phone, box => box), _phone);
        // Also with a key that the thief knows from the lost line: the chain commits to it, and it leads nowhere.
        var bad = Begin(
            _account.Now, _laptop, (_, _) => _random.Bytes(48), hasSameKey ? lost.Keys.Current : null);
        IsUnsound(bad, _phone, 2);
        var served = Assert.IsType<VaultVerdict.Ok>(Read(bad, _phone)).Vault.Chain;
        using (var keys = lost.Keys.On(served)) Assert.Equal(1ul, keys!.Current.Epoch);

        // The control: on a chain that goes on, the newest is held still.
        var further = Begin(Begin(_account.Now, _tablet, box => box), _phone, box => box);
        using var known = Open(further, _phone);
        using (var keys = known.Keys.On(known.Vault.Chain)) Assert.Equal(3ul, keys!.Current.Epoch);
    }

    [Fact]
    public void What_was_written_in_an_epoch_that_was_left_off_is_on_no_manifest_any_more()
    {
        var bad = Begin(_account.Now, _laptop, _ => _random.Bytes(48));
        var mended = Around(bad, _phone, _laptop, epochOfDiary: 2);
        Assert.Equal(
            ProtocolFault.ManifestItems, Assert.IsType<VaultVerdict.Refused>(Read(mended, _phone)).Fault);
    }

    [Fact]
    public void A_bad_seal_in_a_link_that_adds_names_the_one_who_signed_that_link()
    {
        using var watch = TestAuthority.Device(_random);
        var sealedBadly = Adds(_account.Now, _laptop, watch, seal => Forge.Flip(seal, 1150));
        using var open = Open(sealedBadly, _phone);
        var bad = Assert.Single(open.FindBadSeals());
        Assert.Equal((watch.Id, _laptop.Id), (bad.Entry.Id, bad.MadeBy));
        Refused(ProtocolFault.OwnSeal, sealedBadly, watch);

        // The control: the same link with the seal that the rule makes.
        using var honest = Open(Adds(_account.Now, _laptop, watch, seal => seal), _phone);
        Assert.Empty(honest.FindBadSeals());
    }

    [Fact]
    public void Nobody_can_be_blamed_for_a_seal_that_another_made()
    {
        using var watch = TestAuthority.Device(_random);
        var told = Adds(_account.Now, _laptop, watch, seal => seal);
        // The server swaps a seal that the phone made when it began the account: its keyset names it.
        var entries = told.Keysets[0].Entries
            .Select(e => e.Id == _code.Id ? e with { Seal = Forge.Flip(e.Seal.Span, 1150) } : e);
        var swapped = told.Keysets.SetItem(0, Forge.Keyset(told.Account, 1, [.. entries]));
        var refused = Assert.IsType<VaultVerdict.Refused>(Read(told with { Keysets = swapped }, _phone));
        Assert.Equal(ProtocolFault.KeysetHash, refused.Fault);
    }

    public void Dispose()
    {
        foreach (var authority in new[] { _phone, _laptop, _tablet, _code }) authority.Dispose();
    }

    private void IsUnsound(ServedVault told, TestAuthority reader, ulong epoch)
    {
        var vault = Assert.IsType<VaultVerdict.Ok>(Read(told, reader)).Vault;
        Assert.Equal((null, ProtocolFault.UnsoundEpoch), vault.Open(reader.Id, reader.Kem));
        using var keys = new EpochKeys(
            vault.Chain, vault.Keyset.Open(reader.Id, reader.Kem, vault.Chain.Current.EpochCommit).Key!);
        var unsound = keys.FindUnsound()!;
        Assert.Equal((epoch, _laptop.Id), (unsound.Epoch, unsound.Signer));
    }

    private static void Refused(ProtocolFault fault, ServedVault told, TestAuthority reader) => Assert.Equal(
        (null, fault), Assert.IsType<VaultVerdict.Ok>(Read(told, reader)).Vault.Open(reader.Id, reader.Kem));

    private static OpenVault Open(ServedVault told, TestAuthority reader) =>
        Assert.IsType<VaultVerdict.Ok>(Read(told, reader)).Vault.Open(reader.Id, reader.Kem).Vault!;

    private static VaultVerdict Read(ServedVault told, TestAuthority reader) =>
        VerifiedVault.Verify(TestAccount.DefaultApp, told.Tell(), reader.Identity, null, TestHome.Keys);

    private ServedVault Begin(ServedVault from, TestAuthority signer, Func<byte[], byte[]> box) =>
        Begin(from, signer, (key, previous) => box(key.SealPrevious(previous)));

    /// <summary>A link that begins the next epoch for all who are active, with a box of any content.</summary>
    private ServedVault Begin(
        ServedVault from, TestAuthority signer, Func<EpochKey, EpochKey, byte[]> box, EpochKey? with = null)
    {
        using var key = KeyOf(from, signer);
        return Commit(from, signer, null, key, box, from.Manifest.Manifest.Items, with);
    }

    /// <summary>A link that removes the culprit and holds the key of epoch 1, which its signer kept.</summary>
    private ServedVault Around(ServedVault from, TestAuthority signer, TestAuthority culprit, ulong epochOfDiary = 1)
    {
        using var kept = KeyOf(_account.Now, signer);
        return Commit(
            from, signer, culprit, kept, (key, previous) => key.SealPrevious(previous),
            [.. from.Manifest.Manifest.Items.Select(item => item with { Epoch = epochOfDiary })]);
    }

    private ServedVault Commit(
        ServedVault from, TestAuthority signer, TestAuthority? removed, EpochKey previous,
        Func<EpochKey, EpochKey, byte[]> box, IEnumerable<ManifestItem> items, EpochKey? with = null)
    {
        var (head, before) = (from.Links[^1], from.Manifest);
        using var key = with?.Copy() ?? EpochKey.Create(from.Account, head.Link.Epoch + 1, _random);
        var keyset = Keyset.Create(
            key, new[] { _phone, _laptop, _tablet, _code }.Where(a => a != removed)
                .Select(a => KeyValuePair.Create(a.Id, a.Kem.PublicKey)));
        var link = Forge.Link(
            head.Link with
            {
                Sequence = head.Link.Sequence + 1, Previous = head.Hash, Epoch = key.Epoch, EpochCommit = key.Commit,
                PreviousEpoch = previous.Epoch, PreviousEpochKey = box(key, previous), KeysetHash = keyset.Hash,
                Add = [], Remove = removed is null ? [] : [removed.Id], Signer = signer.Id,
            },
            signer);
        using var content = new ManifestPrivate(
            ManifestPrivate.NewLabelKey(_random),
            [.. items.Select(item => new ItemNote(item.Id, $"item {item.Id}", 3, 0))], []);
        var manifest = before.Manifest with
        {
            Version = before.Manifest.Version + 1, Previous = before.Hash, Trail = before.NextTrail,
            ChainHead = new ChainPlace(link.Link.Sequence, link.Hash), Epoch = key.Epoch, Items = [.. items],
            Private = content.Seal(key, before.Manifest.Version + 1, _random), Signer = signer.Id,
        };
        return from.After(new CommitBundle(link, keyset, SignedManifest.Sign(manifest, signer.Signing), []));
    }

    /// <summary>A link that adds in the epoch that there is, with a seal of any content.</summary>
    private ServedVault Adds(
        ServedVault from, TestAuthority signer, TestAuthority added, Func<byte[], byte[]> seal)
    {
        var (head, before) = (from.Links[^1], from.Manifest);
        using var key = KeyOf(from, signer);
        var entry = new KeysetEntry(
            added.Id, added.Kem.PublicKey, seal(key.SealTo(added.Id, added.Kem.PublicKey)));
        var keyset = Forge.Keyset(from.Account, key.Epoch, [entry]);
        var link = Forge.Link(
            head.Link with
            {
                Sequence = head.Link.Sequence + 1, Previous = head.Hash, KeysetHash = keyset.Hash,
                Add = [added.Entry], Remove = [], Signer = signer.Id,
            },
            signer, added);
        var version = before.Manifest.Version + 1;
        using var content = ManifestPrivate.Open(key, before.Manifest)!;
        var manifest = before.Manifest with
        {
            Version = version, Previous = before.Hash, Trail = before.NextTrail,
            ChainHead = new ChainPlace(link.Link.Sequence, link.Hash), Signer = signer.Id,
            LeafLabel = ManifestPrivate.LeafLabel(content.LabelKey, from.Account, version),
            Private = content.Seal(key, version, _random),
        };
        return from.After(new CommitBundle(link, keyset, SignedManifest.Sign(manifest, signer.Signing), []));
    }

    private static EpochKey KeyOf(ServedVault told, TestAuthority reader)
    {
        var vault = Assert.IsType<VaultVerdict.Ok>(Read(told, reader)).Vault;
        return vault.Keyset.Open(reader.Id, reader.Kem, vault.Chain.Current.EpochCommit).Key!;
    }
}
