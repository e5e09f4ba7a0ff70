using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// The management keys that the next manifest holds (docs/protocol.md §14.4): those of active slots, a new generation
/// for each after a removal, and without those that the realm no longer needs.
/// </summary>
internal static class RealmKeyRotation
{
    // A realm that was away for longer than this many removals gets its command by the oldest of them or not at all.
    private const int Generations = 8;

    public static ImmutableArray<RealmKey> Next(
        ImmutableArray<RealmKey> before, ManifestChange change, IReadOnlySet<AuthorityId> active, bool isRemoval,
        IRandom random)
    {
        var kept = new List<RealmKey>();
        foreach (var group in before.Concat(change.RealmKeys).Where(k => active.Contains(k.Slot))
            .GroupBy(k => (k.Slot, NameOf(k).Realm)))
        {
            var taken = change.TakenRealmKeys.Where(t => t.Slot == group.Key.Slot && t.Key.Realm == group.Key.Realm)
                .Select(t => t.Key.Generation);
            var oldest = taken.DefaultIfEmpty(0u).Max();
            var keys = group.OrderBy(k => NameOf(k).Generation).ToList();
            var newest = NameOf(keys[^1]).Generation;
            // A slot that is new in this very commit has keys that nobody removed has seen; what another version named
            // is not ours to rotate.
            var rotates = isRemoval && before.Any(k => k.Slot == group.Key.Slot)
                && RealmKeyName.TryParse(keys[^1].Realm, out _);
            kept.AddRange(keys.Where(k => NameOf(k).Generation >= oldest).TakeLast(Generations).Select(Copy));
            if (rotates) kept.Add(Create(group.Key.Slot, new RealmKeyName(group.Key.Realm, newest + 1), random));
        }
        kept.Sort(RealmKey.Compare);
        return [.. kept];
    }

    private static RealmKey Create(AuthorityId slot, RealmKeyName name, IRandom random) =>
        new(slot, name.ToString(), SecretBytes.Random(SigningKey.SeedSize, random));

    private static RealmKey Copy(RealmKey key) =>
        key with { ManagementSeed = SecretBytes.Copy(key.ManagementSeed.Span) };

    // A name that does not read is another version's: it is carried along as it is, as a realm of its own.
    private static RealmKeyName NameOf(RealmKey key) =>
        RealmKeyName.TryParse(key.Realm, out var name)
            ? name : new RealmKeyName(Hash256.Of(System.Text.Encoding.UTF8.GetBytes(key.Realm)), 1);
}
