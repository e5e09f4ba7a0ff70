using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>What a reader does with a restored home's vault, and what of the trail it remembers for a repair.</summary>
public sealed class RestoredVaults : IDisposable
{
    private const ulong Then = TestHome.Now;

    private readonly TestRandom _random = new(140);
    private readonly TestAuthority _phone;
    private readonly TestAuthority _laptop;
    private readonly TestAccount _account;

    public RestoredVaults()
    {
        (_phone, _laptop) = (TestAuthority.Device(_random), TestAuthority.Device(_random));
        _account = TestAccount.Begin(_random, _phone);
        _account.Commit(_phone, new AccountChange { Add = [_laptop] });
    }

    [Fact]
    public void A_conflict_keeps_what_was_known_and_tells_what_it_would_be_without_the_claim()
    {
        var known = Known(Forge.Manifests(_account.Now, _phone, 2));
        var claim = Claim(1, 2, Then + 1);
        var ok = Assert.IsType<VaultVerdict.Ok>(Read(_account.Now with { Claims = [claim] }, known));
        Assert.Equal(2UL, ok.Vault.Manifest.Manifest.Version);
        var conflict = Assert.IsType<RestoreConflict>(ok.Conflict);
        Assert.Same(known, conflict.Known);
        Assert.Equal(ProtocolFault.RolledBackManifest, conflict.Fault);
        Assert.Equal(claim.Bytes.ToArray(), conflict.Claim.Bytes.ToArray());
    }

    [Fact]
    public void A_server_that_forks_two_devices_is_told_at_the_first_answer_that_mixes_and_no_other_claim_excuses_it()
    {
        var known = Known(Forge.Manifests(_account.Now, _phone, 1) with { Time = Then + 10 });
        var other = Forge.Manifests(_account.Now, _laptop, 3) with { Time = Then + 20 };
        ImmutableArray<SignedClaim>[] unfitting =
        [
            [], [Claim(1, 2, Then + 10)], [Claim(1, 2, Then)], [Claim(1, 3, Then + 15)], [Claim(2, 2, Then + 15)],
            [Claim(1, 6, Then + 15)],
        ];
        foreach (var claims in unfitting)
            Assert.Equal(
                ProtocolFault.ForkedManifest,
                Assert.IsType<VaultVerdict.Refused>(Read(other with { Claims = claims }, known)).Fault);
        // The control: one that fits.
        Assert.NotNull(Assert.IsType<VaultVerdict.Ok>(
            Read(other with { Claims = [Claim(1, 2, Then + 15)] }, known)).Conflict);
    }

    [Fact]
    public void The_trail_that_is_remembered_proves_a_repair_also_past_the_4096_hashes()
    {
        var served = Forge.Manifests(_account.Now, _phone, Limits.TrailRemembered - 4);
        var vault = Known(served);
        Assert.Equal(served.Hashes.Length, vault.Hashes.Length);
        Assert.Equal(default, vault.HashesTrail);
        foreach (var more in new[] { 1, 1, 1, 5 })
        {
            served = Forge.Manifests(served, _phone, more);
            vault = Assert.IsType<VaultVerdict.Ok>(Read(served, vault)).Vault;
            Assert.Equal(Math.Min(Limits.TrailRemembered, served.Hashes.Length), vault.Hashes.Length);
            Proves(vault);
        }

        Assert.NotEqual(default, vault.HashesTrail);
        Assert.Equal(served.TrailOf((ulong)(served.Hashes.Length - Limits.TrailRemembered) + 1), vault.HashesTrail);

        var kept = vault.ToBundle();
        var reopened = Reopened(VerifiedVault.Reopen(_account.AppId, kept, _phone.Identity, vault.HashesTrail));
        Assert.Equal(vault.Hashes, reopened.Hashes);
        Proves(reopened);
        // Without the trail of the first, hashes prove nothing.
        var without = Reopened(VerifiedVault.Reopen(_account.AppId, kept, _phone.Identity));
        Assert.Empty(without.Hashes);
        Proves(without);
        Assert.Equal(
            ProtocolFault.ForkedManifest,
            Assert.IsType<VaultVerdict.Refused>(
                VerifiedVault.Reopen(_account.AppId, kept, _phone.Identity, default(Hash256))).Fault);
    }

    [Fact]
    public void Hashes_from_version_1_are_kept_without_a_trail_of_their_own_and_claims_with_them()
    {
        var claim = Claim(0, 0, Then + 1);
        var kept = Known(Forge.Manifests(_account.Now, _phone, 3) with { Claims = [claim] });
        var reopened = Reopened(VerifiedVault.Reopen(_account.AppId, kept.ToBundle(), _phone.Identity));
        Assert.Equal(kept.Hashes, reopened.Hashes);
        Assert.Equal(4, reopened.Hashes.Length);
        Assert.Equal(claim.Bytes.ToArray(), Assert.Single(reopened.Claims).Bytes.ToArray());
    }

    [Fact]
    public void Who_was_added_after_the_restored_place_was_not_removed()
    {
        var known = Known(_account.Now, _laptop);
        bool Without(params SignedClaim[] claims) =>
            known.WasRestoredWithout(_laptop.Id, claims.Select(c => c.Bytes), TestHome.Keys);
        Assert.True(Without(Claim(0, 1, Then + 1)));
        Assert.True(Without(Claim(1, 2, Then + 1), Claim(0, 0, Then + 2)));
        Assert.False(Without());
        Assert.False(Without(Claim(1, 2, Then + 1)));
        Assert.False(Without(Claim(0, 1, Then)));
        Assert.False(Without(TestHome.Claim(Claim(0, 1, Then + 1).Claim with { Account = default })));
        using var stranger = SigningKey.FromSeed(new byte[SigningKey.SeedSize]);
        Assert.False(Without(SignedClaim.Sign(Claim(0, 1, Then + 1).Claim, stranger)));
        Assert.False(known.WasRestoredWithout(_laptop.Id, [new byte[] { 0 }], TestHome.Keys));
        // The phone began the account: it is in whatever comes back of it.
        Assert.False(known.WasRestoredWithout(_phone.Id, [Claim(0, 0, Then + 1).Bytes], TestHome.Keys));
    }

    public void Dispose()
    {
        _phone.Dispose();
        _laptop.Dispose();
    }

    private SignedClaim Claim(ulong sequence, ulong version, ulong time) =>
        TestHome.Claim(_account.Now.Account, sequence, version, time);

    private static void Proves(VerifiedVault vault) => Assert.Equal(
        vault.Manifest.Manifest.Trail, ManifestTrail.Next(vault.HashesTrail, vault.Hashes));

    private static VerifiedVault Reopened(VaultVerdict verdict) => Assert.IsType<VaultVerdict.Ok>(verdict).Vault;

    private VerifiedVault Known(ServedVault at, TestAuthority? reader = null) =>
        Assert.IsType<VaultVerdict.Ok>(Read(at, null, reader)).Vault;

    private VaultVerdict Read(ServedVault served, VerifiedVault? known, TestAuthority? reader = null) =>
        VerifiedVault.Verify(
            _account.AppId, served.TellFrom(known?.Manifest.Manifest.Version ?? 1), (reader ?? _phone).Identity,
            known, TestHome.Keys);
}
