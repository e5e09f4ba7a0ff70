using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>
/// The label of the log's leaf that a manifest appends: whoever has the label key that it is due under names a signer
/// that wrote another, and nobody accuses those who went on from there.
/// </summary>
public sealed class LeafLabelling : IDisposable
{
    private static readonly ItemId Diary = new(new TestRandom(160).Bytes(16));

    private readonly TestRandom _random = new(161);
    private readonly TestAuthority _phone;
    private readonly TestAuthority _laptop;
    private readonly TestAuthority _code;
    private readonly TestAccount _account;

    public LeafLabelling()
    {
        (_phone, _laptop, _code) =
            (TestAuthority.Device(_random), TestAuthority.Device(_random), TestAuthority.Code(_random));
        _account = TestAccount.Begin(_random, _phone, [_code], items: [(Diary, [1])]);
    }

    [Fact]
    public void Whatever_honest_ones_do_those_who_look_at_each_step_or_at_none_find_the_label_that_is_due()
    {
        Action[] steps =
        [
            () => Put(_phone),
            () => _account.Commit(_phone, new AccountChange { Add = [_laptop] }),
            () => Put(_laptop),
            () => _account.Commit(_phone, new AccountChange { Mend = true }),
            () => Put(_phone),
            () => Put(_laptop),
            () => _account.Undo(_phone, 2, new AccountChange { Remove = [_laptop] }),
            () => Put(_phone),
            () => _account.Undo(_code, _account.History.Count - 2, new AccountChange()),
        ];
        var readers = new[] { _phone, _code }.Select(r => (Who: r, Known: _account.Open(r))).ToList();
        var late = _account.Open(_phone);
        foreach (var step in steps)
        {
            step();
            readers = [.. readers.Select(reader =>
            {
                using (reader.Known) return (reader.Who, Read(reader.Who, reader.Known));
            })];
            using var anew = Read(_code, null);
            using var leap = Read(_phone, late);
        }

        foreach (var reader in readers) reader.Known.Dispose();
        late.Dispose();
    }

    [Fact]
    public void A_label_under_another_key_is_told_with_its_signer()
    {
        _account.Commit(_phone, new AccountChange { Add = [_laptop] });
        using var known = _account.Open(_phone);
        Write(_laptop, known.Private.LabelKey, label: ManifestPrivate.NewLabelKey(_random));
        IsNamed(_laptop, _phone, known);
        // Its epoch had a link before: so the key of the manifest before is its own.
        IsNamed(_laptop, _code, null);

        // Control: the same manifest with the label that is due.
        _account.Forget();
        Write(_laptop, known.Private.LabelKey, label: known.Private.LabelKey);
        using var open = Read(_phone, known);
        Assert.NotNull(open);
    }

    [Fact]
    public void In_the_first_link_of_an_epoch_only_who_opened_what_was_before_tells_and_accuses_nobody_else()
    {
        using var known = _account.Open(_phone);
        _account.Commit(_phone, new AccountChange { Mend = true });
        Respell(_account.Now.Manifest.Manifest with { LeafLabel = default }, _phone);
        IsNamed(_phone, _phone, known);
        using var first = Read(_code, null);
        Put(_phone);
        using var next = Read(_code, first);
        using var leap = Read(_phone, known);
        Assert.Equal(3UL, leap.Vault.Manifest.Manifest.Version);
    }

    [Fact]
    public void A_label_key_that_changes_within_an_epoch_is_told_with_its_signer_and_not_with_the_next()
    {
        _account.Commit(_phone, new AccountChange { Add = [_laptop] });
        using var known = _account.Open(_phone);
        using var other = ManifestPrivate.NewLabelKey(_random);
        Write(_laptop, other, label: known.Private.LabelKey);
        IsNamed(_laptop, _phone, known);
        IsNamed(_laptop, _code, null);
        // The next one follows on it, and found nothing: it has no vault of before.
        Write(_phone, other, label: other);
        using var later = Read(_phone, known);
        Assert.Equal(4UL, later.Vault.Manifest.Manifest.Version);
    }

    [Fact]
    public void A_base_that_the_reader_knows_gives_an_undo_its_label()
    {
        _account.Commit(_phone, new AccountChange { Add = [_laptop] });
        using var known = _account.Open(_phone);
        Put(_laptop);
        _account.Undo(_phone, 1, new AccountChange { Remove = [_laptop] });
        Read(_phone, known).Dispose();
        Respell(_account.Now.Manifest.Manifest with { LeafLabel = default }, _phone);
        IsNamed(_phone, _phone, known);
        Read(_code, null).Dispose();
    }

    public void Dispose()
    {
        foreach (var authority in new[] { _phone, _laptop, _code }) authority.Dispose();
    }

    private void Put(TestAuthority by) => _account.Commit(by, new AccountChange { Put = [(Diary, _random.Bytes(9))] });

    private OpenVault Read(TestAuthority reader, OpenVault? known)
    {
        var (open, fault) = Verify(reader, known).Open(reader.Id, reader.Kem, known);
        Assert.Equal(ProtocolFault.None, fault);
        return open!;
    }

    private VerifiedVault Verify(TestAuthority reader, OpenVault? known) =>
        _account.Read(reader, known?.Vault);

    private void IsNamed(TestAuthority culprit, TestAuthority reader, OpenVault? known)
    {
        var vault = Verify(reader, known);
        Assert.Equal((null, ProtocolFault.ManifestPrivate), vault.Open(reader.Id, reader.Kem, known));
        Assert.Equal(culprit.Id, vault.FindSpoiler(reader.Id, reader.Kem, known)?.By);
    }

    // The next manifest, which changes nothing but the label key and the label's own.
    private void Write(TestAuthority by, SecretBytes labelKey, SecretBytes label)
    {
        var (now, next) = (_account.Now.Manifest, _account.Now.Manifest.Manifest.Version + 1);
        using var read = _account.Read(by).OpenKeys(by.Id, by.Kem).Keys;
        var key = read!.Current;
        using var before = ManifestPrivate.Open(key, now.Manifest)!;
        using var content = new ManifestPrivate(
            SecretBytes.Copy(labelKey.Span), before.Items, before.Authorities);
        _account.Take(new CommitBundle(null, null, SignedManifest.Sign(now.Manifest with
        {
            Version = next,
            Previous = now.Hash,
            Trail = now.NextTrail,
            Base = null,
            LeafLabel = ManifestPrivate.LeafLabel(label, now.Manifest.Account, next),
            Private = content.Seal(key, next, _random),
            Signer = by.Id,
        }, by.Signing), []));
    }

    // The newest commit as its signer might have written it.
    private void Respell(Manifest manifest, TestAuthority by)
    {
        var commit = _account.Commits[^1];
        _account.Swap(commit with { Manifest = SignedManifest.Sign(manifest, by.Signing) });
    }
}
