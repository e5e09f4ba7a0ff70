using System.Collections.Immutable;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Realms;

/// <summary>
/// What a realm's heads say of a vault that the home server shows (docs/protocol.md §14.4): the vault must have all
/// that the home has signed before and the realm has followed.
/// </summary>
internal abstract record Testimony
{
    private Testimony() { }

    /// <summary>The chain contains the realm's head, and the manifest is that head's or descends from it.</summary>
    public sealed record Agrees : Testimony;

    /// <summary>The home has not signed what the realm shows, or for another account: it proves nothing.</summary>
    public sealed record Unsigned : Testimony;

    /// <summary>The vault lacks what the home has signed.</summary>
    /// <param name="Head">What it lacks.</param>
    /// <param name="Claims">What the home has signed of restores, as far as vault and realm know.</param>
    public sealed record Lacks(SignedHead Head, ImmutableArray<SignedClaim> Claims) : Testimony
    {
        /// <summary>
        /// The home's word that it was restored since; null where there is none, or no restore is from below what is
        /// lacking. It need not be the same: a home that came back to a line which it had left tells the last alone.
        /// </summary>
        public SignedClaim? Restore => Claims.Any(c => IsBelow(c.Claim, Head.Head))
            ? Claims.LastOrDefault(c => c.Claim.Time > Head.Head.Time) : null;

        private static bool IsBelow(RestoredClaim claim, AccountHead head) =>
            claim.ChainSequence <= head.Chain.Sequence && claim.ManifestVersion < head.Manifest.Version;

        /// <summary>What a person is told.</summary>
        /// <param name="realm">The realm's name.</param>
        /// <param name="served">What the home shows.</param>
        public ClientFailure Tell(string realm, VerifiedVault served)
        {
            if (Restore is { } claim)
            {
                return new ClientFailure.RestoredBehindRealm(realm, ToldTime.At(claim.Claim.Time))
                {
                    Head = Head.Bytes,
                };
            }
            return new ClientFailure.RolledBackByRealm(realm)
            {
                Head = Head.Bytes,
                Evidence = Head.Head.Contradicts(served.Head.Head, Claims.Select(c => c.Claim))
                    ? new HomeEvidence(Head.Bytes, served.Head.Bytes) : null,
            };
        }
    }

    /// <summary>Judges.</summary>
    /// <param name="descent">The vault, verified, and what it goes on from.</param>
    /// <param name="heads">What the realm told.</param>
    /// <param name="homeKeys">The home's audit keys.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<Testimony> OfAsync(
        Descent descent, RealmHeads heads, IReadOnlyList<VerifyKey> homeKeys, CancellationToken ct)
    {
        var vault = descent.Vault;
        if (!IsOf(vault, heads.Head, homeKeys)) return new Unsigned();
        // A head in whose place the realm took another is told for a while: nothing is lost silently.
        return await FindLackAsync(descent, heads, heads.Head, homeKeys, ct)
            ?? await FindLackAsync(descent, heads, heads.Replaced, homeKeys, ct) ?? (Testimony)new Agrees();
    }

    /// <summary>
    /// Judges what the realm was shown and did not follow: a device is told of it, as the home has signed that too.
    /// </summary>
    public static async Task<Testimony> OfForkAsync(
        Descent descent, RealmHeads heads, IReadOnlyList<VerifyKey> homeKeys, CancellationToken ct) =>
        await FindLackAsync(descent, heads, heads.Contradicting, homeKeys, ct) ?? (Testimony)new Agrees();

    private static async Task<Lacks?> FindLackAsync(
        Descent descent, RealmHeads heads, SignedHead? head, IReadOnlyList<VerifyKey> homeKeys, CancellationToken ct)
    {
        var vault = descent.Vault;
        if (head is null || !IsOf(vault, head, homeKeys) || await descent.IsFromAsync(head.Head, ct)) return null;
        var claims = vault.Claims.Concat(heads.Claims.Where(c => c.IsSignedBy(homeKeys)))
            .Where(c => c.Claim.Account == vault.Account).OrderBy(c => c.Claim.Time);
        return new Lacks(head, [.. claims]);
    }

    private static bool IsOf(VerifiedVault vault, SignedHead head, IReadOnlyList<VerifyKey> homeKeys) =>
        head.Head.Account == vault.Account && head.IsSignedBy(homeKeys);
}
