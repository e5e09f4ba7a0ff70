using System.Collections.Immutable;
using CsCheck;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Properties;

/// <summary>
/// However often a home is restored: where it says so, nobody who knew an earlier state takes it for a liar; and where
/// it does not, nobody is told anything else than what descends from what they knew.
/// </summary>
public class RestoreProperties
{
    private static readonly Gen<(int Action, int Pick)[]> Walks =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 1000]).Array[4, 12];

    [Fact]
    public void Whoever_knew_an_earlier_state_takes_what_an_honest_home_tells_after_any_restores()
    {
        var (taken, conflicts) = (0, 0);
        Gen.Select(Gen.Int[0, int.MaxValue], Walks).Sample((seed, walk) =>
        {
            using var home = new RestoredHome(seed);
            foreach (var (action, pick) in walk)
            {
                home.Live(action, pick);
                foreach (var known in home.Readers)
                {
                    var ok = Assert.IsType<VaultVerdict.Ok>(home.Read(home.Now, known));
                    Assert.Equal(home.Now.Manifest.Hash, ok.Vault.Manifest.Hash);
                    if (RestoredHome.Leads(known, home.Now)) Assert.Null(ok.Conflict);
                    else Assert.Same(known, Assert.IsType<RestoreConflict>(ok.Conflict).Known);
                    Interlocked.Increment(ref ok.Conflict is null ? ref taken : ref conflicts);
                }

                home.Remember();
            }
        }, iter: 12, threads: 1);
        // A walk without restores would tell nothing.
        Assert.True(taken > 20 && conflicts > 20, $"{taken} taken, {conflicts} conflicts");
    }

    [Fact]
    public void Without_a_fitting_claim_whatever_does_not_descend_from_what_was_known_is_refused()
    {
        var refused = 0;
        Gen.Select(Gen.Int[0, int.MaxValue], Walks).Sample((seed, walk) =>
        {
            using var home = new RestoredHome(seed);
            foreach (var (action, pick) in walk)
            {
                home.Live(action, pick);
                home.Remember();
            }

            foreach (var known in home.Readers.Where(HasNoClaimAgainst))
            {
                foreach (var served in home.Served.Where(served => !RestoredHome.Leads(known, served)))
                {
                    foreach (var claims in Unfitting(served.Claims, known))
                        Assert.IsType<VaultVerdict.Refused>(home.Read(served with { Claims = claims }, known));
                    refused++;
                }
            }
        }, iter: 8, threads: 1);
        Assert.True(refused > 20, $"{refused} refused");
    }

    // What a reader was told once counts for ever.
    private static bool HasNoClaimAgainst(VerifiedVault known) =>
        known.Claims.All(claim => claim.Claim.Time <= known.Head.Head.Time);

    private static IEnumerable<ImmutableArray<SignedClaim>> Unfitting(
        ImmutableArray<SignedClaim> claims, VerifiedVault known)
    {
        using var stranger = SigningKey.FromSeed(new byte[SigningKey.SeedSize]);
        yield return [];
        yield return [.. claims.Where(c => c.Claim.Time <= known.Head.Head.Time)];
        yield return [.. claims.Select(c => SignedClaim.Sign(c.Claim, stranger))];
        yield return [.. claims.Select(c => TestHome.Claim(c.Claim with { Account = default }))];
        yield return [.. claims.Select(c => TestHome.Claim(c.Claim with { Time = known.Head.Head.Time }))];
        yield return [.. claims.Select(c => TestHome.Claim(c.Claim with { ManifestVersion = CborOut.MaxInteger }))];
        yield return [.. claims.Select(c => TestHome.Claim(c.Claim with { ChainSequence = CborOut.MaxInteger }))];
    }
}
