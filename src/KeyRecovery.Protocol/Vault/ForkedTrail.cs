using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// That the trails of two heads lead through different manifests of one version, which neither head shows by itself
/// (docs/protocol.md §7, Head). Whoever has the home's key checks it with nothing but both signed heads.
/// </summary>
/// <param name="From">The version of the first hash in both lists, from 1.</param>
/// <param name="Trail">The trail of the manifest of that version.</param>
/// <param name="One">The hashes of the manifests from there to the one before the one head's manifest.</param>
/// <param name="Other">The same of the other head.</param>
public sealed record ForkedTrail(
    ulong From, Hash256 Trail, ImmutableArray<Hash256> One, ImmutableArray<Hash256> Other)
{
    /// <summary>
    /// Whether both heads cannot be true: both lists lead to the trails that their heads tell, and differ, and no claim
    /// says that the account was restored between them.
    /// </summary>
    /// <param name="one">The head of <see cref="One"/>.</param>
    /// <param name="other">The head of <see cref="Other"/>.</param>
    /// <param name="claims">What the home has signed of restores.</param>
    public bool Proves(AccountHead one, AccountHead other, IEnumerable<RestoredClaim>? claims = null)
    {
        if (one.Account != other.Account || !LeadsTo(one, One) || !LeadsTo(other, Other)) return false;
        var (ones, others) = (One.Add(one.Manifest.Hash), Other.Add(other.Manifest.Hash));
        var shared = ones.Zip(others).TakeWhile(pair => pair.First == pair.Second).Count();
        if (shared == Math.Min(ones.Length, others.Length)) return false;
        var difference = new HeadDifference(null, From + (ulong)shared);
        return claims?.Any(claim => claim.Explains(difference, one, other)) is not true;
    }

    private bool LeadsTo(AccountHead head, ImmutableArray<Hash256> hashes) =>
        From > 0 && From <= head.Manifest.Version && head.Manifest.Version - From == (ulong)hashes.Length
        && ManifestTrail.Next(Trail, hashes) == head.Trail;
}
