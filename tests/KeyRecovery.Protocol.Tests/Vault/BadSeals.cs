using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>
/// A keyset whose seal for somebody else is bad: found out today, and not when the phone has drowned.
/// </summary>
public sealed class BadSeals : IDisposable
{
    private readonly TestRandom _random = new(11);
    private readonly TestAuthority _phone;
    private readonly TestAuthority _laptop;
    private readonly TestAuthority _code;
    private readonly TestAccount _account;

    public BadSeals()
    {
        (_phone, _laptop, _code) =
            (TestAuthority.Device(_random), TestAuthority.Device(_random), TestAuthority.Code(_random));
        _account = TestAccount.Begin(_random, _phone, [_code], items: [(new ItemId(_random.Bytes(16)), [1])]);
    }

    [Fact]
    public void A_bad_seal_for_another_is_found_reported_by_name_and_does_not_stop_the_reader()
    {
        foreach (var at in new[] { 0, 1119, 1120, 1167 })
        {
            var vault = Read(_phone, Broken(_code, at));
            using var open = vault.Open(_phone.Id, _phone.Kem).Vault!;
            IsBad(_code, open);
        }

        using var honest = _account.Open(_phone);
        Assert.Empty(honest.FindBadSeals());
    }

    [Fact]
    public void Whoever_the_bad_seal_is_for_cannot_open_it_and_says_so() =>
        Assert.Equal(ProtocolFault.OwnSeal, Read(_code, Broken(_code, 1150)).Open(_code.Id, _code.Kem).Fault);

    [Fact]
    public void A_seal_of_another_key_is_caught_by_the_commitment()
    {
        using var other = EpochKey.Create(_account.Now.Account, 1, _random);
        var seal = other.SealTo(_code.Id, _code.Kem.PublicKey);
        var vault = Read(_code, Replace(_code, seal));
        Assert.Equal(ProtocolFault.EpochCommit, vault.Open(_code.Id, _code.Kem).Fault);
    }

    [Fact]
    public void A_sound_seal_with_other_randomness_is_reported_too()
    {
        // It opens today; but whoever made it knew the epoch key and did not follow the rule that lets others check.
        var info = new CborOut().Array(4).Text(Labels.EpochSeal).Bytes(_account.Now.Account).UInt(1)
            .Bytes(_code.Id).ToArray();
        var plain = new byte[EpochKey.Size];
        var own = _account.Now.Keysets[0].Entries.Single(e => e.Id == _code.Id).Seal.Span;
        Assert.True(Hpke.TryOpen(_code.Kem, info, [], own, plain));
        var seal = Hpke.Seal(_code.Kem.PublicKey, info, [], plain, _random.Bytes(64));
        using var read = Read(_code, Replace(_code, seal)).Open(_code.Id, _code.Kem).Vault!;
        IsBad(_code, read);
    }

    [Fact]
    public void A_link_that_begins_an_epoch_mends_it()
    {
        var broken = Broken(_code, 1150);
        var vault = Read(_phone, broken);
        using var open = vault.Open(_phone.Id, _phone.Kem).Vault!;
        using var draft = ChainLinkDraft.Next(
            open, new ChainLinkChange([], [], BeginEpoch: true), _phone.Id, 1_770_000_000, _random);
        var manifest = ManifestDraft.Next(open, draft, new ManifestChange(), _phone.Id, _phone.Signing, _random);
        var link = draft.Sign(_phone.Signing, new Dictionary<AuthorityId, byte[]>());
        var mended = Read(_code, broken.After(new CommitBundle(link, draft.Keyset, manifest, [])));
        using var recovered = mended.Open(_code.Id, _code.Kem).Vault!;
        Assert.Empty(recovered.FindBadSeals());
        Assert.NotNull(recovered.Keys.Find(1));
    }

    public void Dispose()
    {
        _phone.Dispose();
        _laptop.Dispose();
        _code.Dispose();
    }

    private static VerifiedVault Read(TestAuthority reader, ServedVault told) =>
        Assert.IsType<VaultVerdict.Ok>(
            VerifiedVault.Verify(TestAccount.DefaultApp, told.Tell(), reader.Identity, null, TestHome.Keys)).Vault;

    private void IsBad(TestAuthority whose, OpenVault open)
    {
        var bad = Assert.Single(open.FindBadSeals());
        Assert.Equal((whose.Id, _phone.Id), (bad.Entry.Id, bad.MadeBy));
    }

    private ServedVault Broken(TestAuthority whose, int at) =>
        Replace(whose, Forge.Flip(_account.Now.Keysets[0].Entries.Single(e => e.Id == whose.Id).Seal.Span, at));

    /// <summary>A phone with broken software signs a link that names a keyset with that seal.</summary>
    private ServedVault Replace(TestAuthority whose, byte[] seal)
    {
        var keyset = Forge.Keyset(
            _account.Now.Account, 1,
            [.. _account.Now.Keysets[0].Entries.Select(e => e.Id == whose.Id ? e with { Seal = seal } : e)]);
        TestAuthority[] added = [.. new[] { _phone, _code }.OrderBy(a => a.Id)];
        var link = Forge.Link(_account.Now.Links[0].Link with { KeysetHash = keyset.Hash }, _phone, added);
        var manifest = SignedManifest.Sign(
            _account.Now.Manifest.Manifest with { ChainHead = new ChainPlace(0, link.Hash) }, _phone.Signing);
        return new ServedVault([link], [keyset], manifest, []);
    }
}
