using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>
/// A server that forges, swaps, drops, reorders, injects or rolls back. Without an authority's key it only has what
/// honest clients sent; the victim either starts from nothing or knows the last vault that it verified.
/// </summary>
public sealed class LyingServer : IDisposable
{
    private static readonly ItemId Identity = new(new TestRandom(100).Bytes(16));
    private static readonly ItemId Drive = new(new TestRandom(101).Bytes(16));

    private readonly TestRandom _random = new(7);
    private readonly TestAuthority _phone;
    private readonly TestAuthority _laptop;
    private readonly TestAuthority _code;
    private readonly TestAuthority _passphrase;
    private readonly TestAuthority _mallory;
    private readonly TestAccount _account;

    public LyingServer()
    {
        _phone = TestAuthority.Device(_random);
        _laptop = TestAuthority.Device(_random);
        _code = TestAuthority.Code(_random);
        _passphrase = TestAuthority.Slot(AuthorityKind.Passphrase, new byte[] { 1, 2, 3 }, _random);
        _mallory = TestAuthority.Device(_random);
        _account = TestAccount.Begin(_random, _phone, [_code], items: [(Identity, [1]), (Drive, [2])]);
        _account.Commit(_phone, new AccountChange { Add = [_laptop] });
        _account.Commit(_phone, new AccountChange { Put = [(Identity, [3])] });
        _account.Commit(_laptop, new AccountChange { Add = [_passphrase], Mend = true });
    }

    [Fact]
    public void The_truth_is_accepted_from_nothing_and_from_any_vault_known_before()
    {
        foreach (var reader in new[] { _phone, _laptop, _code, _passphrase })
            Assert.IsType<VaultVerdict.Ok>(Read(_account.Now.Tell(), reader));
        foreach (var before in _account.History)
        {
            var known = Known(before);
            Assert.IsType<VaultVerdict.Ok>(Read(_account.Now.Tell(known: known), _phone, known));
            Assert.IsType<VaultVerdict.Ok>(Read(_account.Now.Tell(before.Links.Length, known), _phone, known));
        }
    }

    [Fact]
    public void A_forged_link_0_does_not_hash_to_the_account()
    {
        var start = _account.Now.Links[0].Link;
        var forged = Forge.Link(start with { Signer = _mallory.Id, Add = [_mallory.Entry] }, _mallory, _mallory);
        Refused(ProtocolFault.OtherBeginning, _account.Now.With(forged).Tell(), _phone);
    }

    [Fact]
    public void A_forged_link_0_is_not_the_one_that_was_known()
    {
        var forged = TestAccount.Begin(_random, _mallory, [_code]);
        var told = forged.Now.Tell() with { Account = _account.Now.Account };
        Refused(ProtocolFault.ForgedBeginning, told, _phone, Known());
    }

    [Fact]
    public void A_whole_forged_account_does_not_hold_the_readers_keys()
    {
        var forged = TestAccount.Begin(_random, _mallory);
        Refused(ProtocolFault.OwnKeys, forged.Now.Tell(), _code);
        Refused(ProtocolFault.OtherAccount, forged.Now.Tell() with { Account = _account.Now.Account }, _code);
        Refused(ProtocolFault.OtherAccount, forged.Now.Tell(), _phone, Known());
    }

    [Fact]
    public void Another_apps_link_0_is_no_beginning_here()
    {
        var other = TestAccount.Begin(_random, _phone, [_code], appId: "drive.example");
        Refused(ProtocolFault.OtherBeginning, other.Now.Tell(), _phone);
        Refused(ProtocolFault.OtherBeginning, other.Now.Tell(), _code);
    }

    [Fact]
    public void A_link_0_of_two_devices_or_signed_by_its_slot_is_no_beginning()
    {
        var start = _account.Now.Links[0].Link;
        TestAuthority[] three = [.. new[] { _phone, _code, _laptop }.OrderBy(a => a.Id)];
        TestAuthority[] two = [.. new[] { _phone, _code }.OrderBy(a => a.Id)];
        Refused(ProtocolFault.OtherBeginning,
            _account.History[0].With(Forge.Link(start with { Add = [.. three.Select(a => a.Entry)] }, _phone, three))
                .Tell(), _phone);
        Refused(ProtocolFault.UnknownSigner,
            _account.History[0].With(Forge.Link(start with { Signer = _code.Id }, _code, two)).Tell(), _code);
    }

    [Fact]
    public void Transplanted_slot_keys_have_not_signed_the_servers_chain()
    {
        // The public keys are there to copy, and so is the possession that the slot signed for its own account.
        var real = _account.Now.Links[0];
        var own = _code.Entry;
        var trap = TestAccount.Begin(_random, _mallory);
        var next = trap.Now.Links[0];
        var link = next.Link with
        {
            Sequence = 1, Previous = next.Hash, Add = [own], Signer = _mallory.Id,
            KeysetHash = Keyset(trap, _code).Hash,
        };
        var body = link.Encode();
        var stolen = real.Possession[real.Link.Add.ToList().FindIndex(a => a.Id == _code.Id)];
        var transplanted = SignedChainLink.Create(body, _mallory.Signing.Sign(SignatureLabel.Link, body), [stolen]);
        Refused(ProtocolFault.Possession,
            (trap.Now.With(transplanted) with { Keysets = [trap.Now.Keysets[0], Keyset(trap, _code)] }).Tell(), _code);

        // With keys of its own under the slot's id it can sign, and is not what the code derives.
        using var fresh = TestAuthority.Device(_random);
        var impostor = link with { Add = [own with { SigningKey = fresh.Signing.PublicKey }] };
        Refused(ProtocolFault.OwnKeys, trap.Now.With(Forge.Link(impostor, _mallory, fresh)).Tell(), _code);
    }

    [Fact]
    public void A_served_prefix_is_a_roll_back_of_the_chain()
    {
        Refused(ProtocolFault.RolledBackChain, _account.History[1].Tell(), _phone, Known());
        Refused(ProtocolFault.RolledBackChain, _account.History[0].Tell(), _phone, Known());
        // As an answer without new links, the manifest tells by its head that the chain is shorter.
        Refused(
            ProtocolFault.RolledBackChain,
            _account.History[0].Tell() with { First = (ulong)_account.Now.Links.Length, Links = [] }, _phone, Known());
    }

    [Fact]
    public void An_older_manifest_on_the_same_chain_is_a_roll_back_of_the_manifest()
    {
        var (older, newer) = (_account.History[1], _account.History[2]);
        Assert.Equal(older.Links.Length, newer.Links.Length);
        Refused(ProtocolFault.RolledBackManifest, older.Tell(), _phone, Known(newer));
        Refused(ProtocolFault.RolledBackManifest, older.Tell(older.Links.Length), _phone, Known(newer));
    }

    [Fact]
    public void A_manifest_of_an_older_chain_does_not_stand_on_the_head() =>
        Refused(ProtocolFault.ManifestHeads,
            (_account.Now with { Manifest = _account.History[1].Manifest }).Tell(), _phone);

    [Fact]
    public void A_fork_from_a_known_link_is_seen_whether_told_whole_or_as_a_continuation()
    {
        // Two devices, or one that was stolen, made two true continuations of link 1.
        var fork = Continue(_account.History[2], _laptop, new AccountChange { Add = [_mallory] });
        Refused(ProtocolFault.Fork, fork.Tell(), _phone, Known());
        var further = Forge.Link(
            fork.Links[^1].Link with { Sequence = 3, Previous = fork.Links[^1].Hash, Add = [] }, _laptop);
        Refused(ProtocolFault.Fork,
            (fork with { Links = [further] }).Tell() with { Account = _account.Now.Account, First = 3 },
            _phone, Known());
    }

    [Fact]
    public void Two_manifests_of_one_version_or_one_that_does_not_follow_are_a_fork_of_the_manifest()
    {
        var at = _account.Now;
        var other = SignedManifest.Sign(at.Manifest.Manifest with { LeafLabel = default }, _laptop.Signing);
        Refused(ProtocolFault.ForkedManifest, (at with { Manifest = other }).Tell(), _phone, Known());
        var next = SignedManifest.Sign(
            at.Manifest.Manifest with { Version = at.Manifest.Manifest.Version + 1, Previous = other.Hash },
            _laptop.Signing);
        Refused(ProtocolFault.ForkedManifest, (at with { Manifest = next }).Tell(), _phone, Known());
    }

    [Fact]
    public void A_dropped_link_leaves_a_gap()
    {
        var links = _account.Now.Links;
        Refused(ProtocolFault.DroppedLink, (_account.Now with { Links = [links[0], links[2]] }).Tell(), _phone);
        Refused(ProtocolFault.DroppedLink,
            (_account.Now with { Links = [links[1], links[2]] }).Tell() with { Account = _account.Now.Account },
            _phone);
        Refused(ProtocolFault.DroppedLink, _account.Now.Tell(1), _phone);
        Refused(ProtocolFault.DroppedLink, _account.Now.Tell() with { Links = [] }, _phone);
        Refused(ProtocolFault.DroppedLink, _account.Now.Tell(2), _phone, Known(_account.History[0]));
    }

    [Fact]
    public void Reordered_links_leave_a_gap_or_a_fork()
    {
        var links = _account.Now.Links;
        var told = (_account.Now with { Links = [links[0], links[2], links[1]] }).Tell();
        Refused(ProtocolFault.DroppedLink, told, _phone);
        Refused(ProtocolFault.Fork, told, _phone, Known());
    }

    [Fact]
    public void An_older_chain_under_the_new_numbers_does_not_continue()
    {
        var links = _account.Now.Links;
        var renumbered = Forge.Link(links[1].Link with { Sequence = 2 }, links[1]);
        Refused(
            ProtocolFault.BrokenChain, (_account.Now with { Links = [links[0], links[1], renumbered] }).Tell(), _phone);
    }

    [Fact]
    public void An_injected_authority_was_signed_in_by_nobody()
    {
        var head = _account.Now.Links[^1];
        var link = head.Link with {
            Sequence = 3, Previous = head.Hash, PreviousEpoch = 0, PreviousEpochKey = default,
            Add = [_mallory.Entry], Remove = [],
        };
        // Signed by itself; signed by itself in an authority's name; slipped into a link that an authority signed.
        Refused(ProtocolFault.UnknownSigner,
            Append(Forge.Link(link with { Signer = _mallory.Id }, _mallory, _mallory)), _phone);
        Refused(ProtocolFault.LinkSignature,
            Append(Forge.Link(link with { Signer = _phone.Id }, _mallory, _mallory)), _phone);
        var slipped = _account.Now.Links[1].Link;
        TestAuthority[] both = [.. new[] { _laptop, _mallory }.OrderBy(a => a.Id)];
        Refused(
            ProtocolFault.LinkSignature,
            _account.History[1].With(Forge.Link(slipped with { Add = [.. both.Select(a => a.Entry)] }, _mallory, both))
                .Tell(), _phone);
        VaultBundle Append(SignedChainLink injected) => _account.Now.With(injected).Tell();
    }

    [Fact]
    public void A_removed_authority_signs_nothing_any_more()
    {
        _account.Commit(_phone, new AccountChange { Remove = [_laptop] });
        var head = _account.Now.Links[^1];
        var link = head.Link with { Sequence = 4, Previous = head.Hash, PreviousEpoch = 0, PreviousEpochKey = default,
            Add = [_mallory.Entry], Remove = [], Signer = _laptop.Id };
        Refused(ProtocolFault.UnknownSigner, _account.Now.With(Forge.Link(link, _laptop, _mallory)).Tell(), _phone);
        var manifest = SignedManifest.Sign(
            _account.Now.Manifest.Manifest with { Signer = _laptop.Id }, _laptop.Signing);
        Refused(ProtocolFault.ManifestSignature, (_account.Now with { Manifest = manifest }).Tell(), _phone);
    }

    [Fact]
    public void Changed_slot_parameters_break_the_signature()
    {
        var link = _account.Now.Links[^1];
        var weaker = _passphrase.Entry with { Parameters = new byte[] { 1, 2, 4 } };
        Refused(ProtocolFault.LinkSignature,
            _account.Now.With(Forge.Link(link.Link with { Add = [weaker] }, link)).Tell(), _phone);
    }

    [Fact]
    public void A_possession_of_another_place_or_nobody_is_none()
    {
        var link = _account.Now.Links[^1];
        var missing = SignedChainLink.Create(link.Body, link.Signature, [new byte[64]]);
        Refused(ProtocolFault.Possession, _account.Now.With(missing).Tell(), _phone);
        var asSigner = SignedChainLink.Create(
            link.Body, link.Signature, [_passphrase.Signing.Sign(SignatureLabel.Link, link.Body.Span)]);
        Refused(ProtocolFault.Possession, _account.Now.With(asSigner).Tell(), _phone);
    }

    [Fact]
    public void A_substituted_KEM_key_is_not_the_one_in_the_chain()
    {
        var entries = _account.Now.Keysets[0].Entries
            .Select(e => e.Id == _code.Id ? e with { KemKey = _mallory.Kem.PublicKey } : e).ToList();
        Refused(ProtocolFault.SubstitutedKemKey,
            (_account.Now with { Keysets = [Forge.Keyset(_account.Now.Account, 2, entries)] }).Tell(), _phone);
    }

    [Fact]
    public void A_keyset_with_one_more_or_one_fewer_has_other_members()
    {
        var keyset = _account.Now.Keysets[0];
        Refused(ProtocolFault.KeysetMembers,
            (_account.Now with { Keysets = [Forge.Keyset(keyset.Account, 2, [.. keyset.Entries.Skip(1)])] })
                .Tell(), _phone);
        KeysetEntry[] more = [.. keyset.Entries.Append(keyset.Entries[0] with { Id = _mallory.Id }).OrderBy(e => e.Id)];
        Refused(ProtocolFault.KeysetMembers,
            (_account.Now with { Keysets = [Forge.Keyset(keyset.Account, 2, more)] }).Tell(), _phone);
    }

    [Fact]
    public void A_keyset_of_another_epoch_or_of_the_same_before_a_device_came_is_refused()
    {
        var (first, second) = (_account.History[0].Keysets[0], _account.History[1].Keysets);
        Refused(ProtocolFault.KeysetEpoch, (_account.Now with { Keysets = [first] }).Tell(), _phone);
        Refused(ProtocolFault.KeysetMembers, (_account.History[1] with { Keysets = [first] }).Tell(), _phone);
        Refused(ProtocolFault.KeysetMembers,
            (_account.History[1] with { Keysets = [second[1], second[0]] }).Tell(), _phone);
    }

    [Fact]
    public void A_changed_seal_is_not_the_keyset_that_the_link_names()
    {
        var entries = _account.Now.Keysets[0].Entries
            .Select(e => e.Id == _code.Id ? e with { Seal = Forge.Flip(e.Seal.Span, 1150) } : e).ToList();
        Refused(ProtocolFault.KeysetHash,
            (_account.Now with { Keysets = [Forge.Keyset(_account.Now.Account, 2, entries)] }).Tell(), _phone);
    }

    [Fact]
    public void Keyset_and_manifest_of_another_account_are_refused()
    {
        var other = TestAccount.Begin(_random, _mallory);
        Refused(ProtocolFault.OtherAccount, (_account.Now with { Keysets = other.Now.Keysets }).Tell(), _phone);
        Refused(ProtocolFault.OtherAccount, (_account.Now with { Manifest = other.Now.Manifest }).Tell(), _phone);
    }

    [Fact]
    public void A_changed_manifest_has_no_signature()
    {
        var manifest = _account.Now.Manifest;
        var fewer = Forge.Manifest(manifest.Manifest with { Items = manifest.Manifest.Items[1..] }, manifest);
        Refused(ProtocolFault.ManifestSignature, (_account.Now with { Manifest = fewer }).Tell(), _phone);
    }

    [Fact]
    public void Swapped_truncated_and_older_items_are_not_what_the_manifest_names()
    {
        using var open = _account.Open(_phone);
        var identity = _account.Now.Manifest.Manifest.Find(Identity)!;
        var drive = _account.Now.Manifest.Manifest.Find(Drive)!;
        var older = _account.History[0].Manifest.Manifest.Find(Identity)!;
        Assert.Equal([3], open.OpenItem(identity, _account.Items[identity.Hash]).Content);
        Assert.Equal((null, ProtocolFault.ItemHash), open.OpenItem(identity, _account.Items[drive.Hash]));
        Assert.Equal((null, ProtocolFault.ItemHash), open.OpenItem(identity, _account.Items[older.Hash]));
        Assert.Equal(
            (null, ProtocolFault.ItemHash), open.OpenItem(identity, _account.Items[identity.Hash].AsSpan(..^1)));
        Assert.Equal((null, ProtocolFault.ItemHash), open.OpenItem(identity, []));
    }

    [Fact]
    public void An_item_in_anothers_place_gives_itself_away_even_where_a_device_signed_it_there()
    {
        using var open = _account.Open(_phone);
        var drive = _account.Now.Manifest.Manifest.Find(Drive)!;
        var sealedDrive = _account.Items[drive.Hash];
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
        using var open = _account.Open(_phone);
        (ManifestItem Entry, byte[] Sealed) Seal(ItemId id, string name)
        {
            var key = open.Keys.Current;
            var item = SealedItem.Seal(
                key, new ItemHeader(key.Account, id, 1, key.Epoch, default), name, [1], _random);
            return (new ManifestItem(id, 1, key.Epoch, item.Length, Hash256.Of(item)), item);
        }

        var renamed = Seal(Identity, $"item {Drive}");
        Assert.Equal((null, ProtocolFault.ItemName), open.OpenItem(renamed.Entry, renamed.Sealed));
        var right = Seal(Identity, $"item {Identity}");
        Assert.Equal([1], open.OpenItem(right.Entry, right.Sealed).Content);
        // A deleted one has no note; it tells its own name.
        var deleted = Seal(new ItemId(_random.Bytes(16)), "anything");
        Assert.Equal([1], open.OpenItem(deleted.Entry, deleted.Sealed).Content);
    }

    [Fact]
    public void A_structure_of_a_later_version_than_all_read_is_nobodys_and_garbage_is_malformed()
    {
        var told = _account.Now.Tell();
        var later = told.Keysets[0].ToArray();
        later[1 + 1 + Labels.Keyset.Length] = 2;
        Refused(ProtocolFault.AboveFormat, told with { Keysets = [later] }, _phone);
        Refused(ProtocolFault.Malformed, told with { Keysets = [told.Keysets[0][..^1]] }, _phone);
        Refused(ProtocolFault.Malformed, told with { Manifest = new byte[] { 0 } }, _phone);
    }

    public void Dispose()
    {
        foreach (var authority in new[] { _phone, _laptop, _code, _passphrase, _mallory }) authority.Dispose();
    }

    private static VaultVerdict Read(VaultBundle told, TestAuthority reader, VerifiedVault? known = null) =>
        VerifiedVault.Verify(TestAccount.DefaultApp, told, reader.Identity, known, TestHome.Keys);

    private static void Refused(
        ProtocolFault fault, VaultBundle told, TestAuthority reader, VerifiedVault? known = null) =>
        Assert.Equal(fault, Assert.IsType<VaultVerdict.Refused>(Read(told, reader, known)).Fault);

    private VerifiedVault Known(ServedVault? at = null) =>
        Assert.IsType<VaultVerdict.Ok>(Read((at ?? _account.Now).Tell(), _phone)).Vault;

    private Keyset Keyset(TestAccount trap, TestAuthority added)
    {
        using var open = trap.Open(_mallory);
        return Protocol.Vault.Keyset.Create(
            open.Keys.Current, [KeyValuePair.Create(added.Id, added.Kem.PublicKey)]);
    }

    private ServedVault Continue(ServedVault from, TestAuthority signer, AccountChange change)
    {
        var vault = Assert.IsType<VaultVerdict.Ok>(Read(from.Tell(), signer)).Vault;
        using var open = vault.Open(signer.Id, signer.Kem).Vault!;
        var draft = ChainLinkDraft.Next(
            open, new ChainLinkChange([.. change.Add.Select(a => a.Added)], []), signer.Id, 1_770_000_000, _random);
        var link = draft.Sign(
            signer.Signing,
            change.Add.ToDictionary(a => a.Id, a => ChainLinkDraft.ProvePossession(a.Signing, draft.Body)));
        var manifest = ManifestDraft.Next(open, draft, new ManifestChange(), signer.Id, signer.Signing, _random);
        return from.After(new CommitBundle(link, draft.Keyset, manifest, []));
    }
}
