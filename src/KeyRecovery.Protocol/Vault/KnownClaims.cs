using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>The claims of restores that a reader believes: the home has signed them, of this account.</summary>
internal static class KnownClaims
{
    /// <summary>Adds what is told to what is known; the newest 16. What the home has not signed is nothing.</summary>
    /// <exception cref="WireFormatException">One of them is no claim.</exception>
    public static ImmutableArray<SignedClaim> Add(
        ImmutableArray<SignedClaim> known, IEnumerable<ReadOnlyMemory<byte>> told, AccountId account,
        IReadOnlyList<VerifyKey>? homeKeys)
    {
        var claims = known.ToList();
        foreach (var bytes in told)
        {
            if (claims.Any(claim => claim.Bytes.Span.SequenceEqual(bytes.Span))) continue;
            var claim = SignedClaim.Decode(bytes);
            if (claim.Claim.Account == account && (homeKeys is null || claim.IsSignedBy(homeKeys))) claims.Add(claim);
        }

        return [.. claims.OrderBy(claim => claim.Claim.Time).TakeLast(Limits.Claims)];
    }

    /// <summary>
    /// The newest claim that lets a vault stand beside the one that is known: it counts against what was known, and
    /// what is served has its place. Where the two part, any claim says: a home whose stores both went back has
    /// forgotten what it served before, and the reader has not.
    /// </summary>
    /// <param name="claims">The claims.</param>
    /// <param name="known">What was known.</param>
    /// <param name="shared">How many links both chains have.</param>
    /// <param name="links">How many links are served.</param>
    /// <param name="version">The version of the manifest that is served.</param>
    /// <param name="gapsEnd">The last version of the gaps that reach the known manifest; 0 where none does.</param>
    public static SignedClaim? FindFor(
        ImmutableArray<SignedClaim> claims, VerifiedVault known, int shared, int links, ulong version, ulong gapsEnd)
    {
        // What is known below a gap cannot be proved either, though the restore lost nothing of it.
        var end = Math.Max(known.Manifest.Manifest.Version, gapsEnd);
        // A chain that goes on from the known one does not differ, wherever the restore was.
        var below = shared == known.Links.Length ? (ulong)links : (ulong)shared;
        if (!claims.Any(c => c.Claim.ChainSequence < below && c.Claim.ManifestVersion < end)) return null;
        return claims.LastOrDefault(c => c.Claim.Time > known.Head.Head.Time
            && c.Claim.ChainSequence < (ulong)links && c.Claim.ManifestVersion <= version);
    }
}
