using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>What a revocation would do, to be shown to a person before it is done.</summary>
/// <param name="Named">The devices and slots that were named, as far as they are there.</param>
/// <param name="AddedByThem">
/// Only for stolen ones: devices that they added, themselves or through others that they added. Never the device that
/// asks, nor what came in through it.
/// </param>
/// <param name="Replace">Only for stolen ones: slots made on one of all these. They stay, since the user may have no
/// other, and are marked.</param>
public sealed record RevocationPlan(
    ImmutableArray<AuthorityId> Named, ImmutableArray<AuthorityId> AddedByThem, ImmutableArray<AuthorityId> Replace)
{
    /// <summary>Whom the link removes, unless some of those that were added are kept.</summary>
    public ImmutableArray<AuthorityId> Remove => [.. Named, .. AddedByThem];

    internal static RevocationPlan Make(Chain chain, AuthorityId asker, ImmutableArray<AuthorityId> ids, bool stolen)
    {
        ImmutableArray<AuthorityId> named =
            [.. ids.Distinct().Where(id => id != asker && chain.FindActive(id) is not null)];
        if (!stolen) return new RevocationPlan(named, [], []);

        // In the order of the chain, who was added comes after who added it: one pass finds all. A slot passes it on
        // too: whoever held the device may know the slot's secret.
        var tainted = ids.ToHashSet();
        var after = chain.Authorities.Values.Where(a => a.Id != asker && a.AddedBy != a.Id)
            .OrderBy(a => a.AddedAt).ToList();
        foreach (var authority in after.Where(a => tainted.Contains(a.AddedBy))) tainted.Add(authority.Id);
        var others = after.Where(a => a.IsActive && tainted.Contains(a.Id) && !named.Contains(a.Id))
            .ToLookup(a => a.IsSlot, a => a.Id);
        return new RevocationPlan(named, [.. others[false]], [.. others[true]]);
    }
}
