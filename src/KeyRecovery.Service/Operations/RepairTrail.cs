using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.Operations;

/// <summary>
/// What a repair makes of the trail: which of the manifests that the account has had stand before its manifest, and
/// which it does not tell.
/// </summary>
/// <param name="Before">The account's trail as far as the repair's leads on from it.</param>
/// <param name="Gaps">The gaps after it.</param>
/// <param name="Shared">
/// The newest version below all that the repair takes the place of, or may; 0 where there is none.
/// </param>
/// <param name="Descent">Whether the trail leads from the account's manifest to the repair's.</param>
internal sealed record RepairTrail(
    Trail Before, ImmutableArray<ManifestGap> Gaps, ulong Shared, RepairDescent Descent)
{
    /// <summary>Looks at what a repair tells of the manifests before its own.</summary>
    /// <returns>Null where its own trail does not come out.</returns>
    public static RepairTrail? Of(AccountState? stored, RepairBundle bundle)
    {
        var (manifest, between) = (bundle.Manifest.Manifest, bundle.Between);
        if ((ulong)between.Length >= manifest.Version) return null;
        var first = manifest.Version - (ulong)between.Length;
        if (first == 1 && bundle.Trail != default) return null;
        if (between.Length > 0 && between[^1] != manifest.Previous) return null;
        var known = stored?.ManifestVersion ?? 0;
        // One pass over the hashes: the trail at the version that the account has, on the way to the manifest's own.
        var (trail, atKnown) = (bundle.Trail, first == known ? bundle.Trail : default);
        for (var i = 0; i < between.Length; i++)
        {
            trail = ManifestTrail.Next(trail, between[i]);
            if (first + (ulong)i + 1 == known) atKnown = trail;
        }

        if (trail != manifest.Trail) return null;
        if (stored is null) return Gapped(default, [], 0, first, bundle.Trail, RepairDescent.Proved);
        var old = stored.Trail;
        if (first > known + 1)
            return Gapped(old, stored.Gaps, known - 1, first, bundle.Trail, RepairDescent.Unproved);
        if (first == known + 1
            ? bundle.Trail == ManifestTrail.Next(stored.ManifestTrail, stored.ManifestHash)
            : known < manifest.Version && between[(int)(known - first)] == stored.ManifestHash
                && atKnown == stored.ManifestTrail)
            return new RepairTrail(old, stored.Gaps, known, RepairDescent.Proved);
        // Another manifest stands there: the newest that both have is the last one that is sure.
        var shared = old.Entries().Select(e => Trail.Place(e.Entry.Span))
            .LastOrDefault(p => p.Version >= first && p.Version < manifest.Version
                && between[(int)(p.Version - first)] == p.Hash).Version;
        return shared > 0
            ? new RepairTrail(
                old.UpTo(shared), [.. stored.Gaps.Where(g => g.To < shared)], shared, RepairDescent.Disproved)
            : Gapped(default, [], 0, first, bundle.Trail, RepairDescent.Disproved);
    }

    // Of more than are kept, the oldest two become one.
    private static ImmutableArray<ManifestGap> Merge(ImmutableArray<ManifestGap> gaps) => gaps.Length <= Limits.Gaps
        ? gaps : Merge(gaps.RemoveRange(0, 2).Insert(0, gaps[1] with { From = gaps[0].From }));

    private static RepairTrail Gapped(
        Trail before, ImmutableArray<ManifestGap> gaps, ulong shared, ulong first, Hash256 trail,
        RepairDescent descent) =>
        first <= before.Last + 1
            ? new RepairTrail(before, gaps, shared, descent)
            : new RepairTrail(
                before, Merge(gaps.Add(new ManifestGap(before.Last + 1, first - 1, trail))), shared, descent);
}

/// <summary>What is known of whether a repair's manifest descends from the account's.</summary>
internal enum RepairDescent
{
    /// <summary>It does, or there was none.</summary>
    Proved,

    /// <summary>The hashes that the repair brings do not reach down to it.</summary>
    Unproved,

    /// <summary>Another manifest stands at its version.</summary>
    Disproved,
}
