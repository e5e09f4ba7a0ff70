using System.Collections.Immutable;
using System.Security.Cryptography;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rows;

/// <summary>
/// The names of one user: an app's issuer may have had others, and until each account was moved it stands under one of
/// them. Whoever looks for a user looks at all, in this order.
/// </summary>
internal sealed class UserNames(IKeyStore keys, Lookups lookups, IAppPolicies policies)
{
    /// <summary>The issuer's name of today first, then those it had, the newest first; as a rule one.</summary>
    public ImmutableArray<AppUser> Of(AppUser user)
    {
        var issuers = policies.Of(user.App).Issuers;
        return issuers.Contains(user.Issuer) ? [.. issuers.Select(issuer => user with { Issuer = issuer })] : [user];
    }

    /// <summary>Where the lookups of these names are.</summary>
    public ImmutableArray<RowKey> PlacesOf(AppUser user) => [.. Of(user).Select(lookups.Ids.Subject)];

    /// <summary>Whether both are names of one user.</summary>
    public bool AreOne(AppUser one, AppUser other) => one == other || Of(one).Contains(other);

    /// <summary>The lookup of a user; null where no name has one.</summary>
    public ValueTask<Row?> FindAsync(AppUser user, CancellationToken ct) => FindAsync(PlacesOf(user), ct);

    /// <summary>The first lookup of these places; null where there is none.</summary>
    public async ValueTask<Row?> FindAsync(ImmutableArray<RowKey> places, CancellationToken ct)
    {
        foreach (var place in places)
            if (await keys.ReadAsync(place, ct) is { } lookup) return lookup;
        // A move writes the new name before it takes the old one: who has missed both finds the new one by now.
        return places.Length > 1 ? await keys.ReadAsync(places[0], ct) : null;
    }

    /// <summary>Whether a row of the realm is that user's, by the id that it keeps.</summary>
    public bool IsOf(ReadOnlyMemory<byte> subject, AppUser user)
    {
        var isOne = false;
        foreach (var place in PlacesOf(user))
            isOne |= CryptographicOperations.FixedTimeEquals(subject.Span, place.Id.Span);
        return isOne;
    }

    /// <summary>Under which of the names the realm knows the user; that of today where under none.</summary>
    public async ValueTask<RowKey> AtRealmAsync(AppUser user, CancellationToken ct)
    {
        var places = PlacesOf(user);
        foreach (var place in places)
            if (places.Length == 1 || await keys.HeadAsync(RowIds.RealmSubject(place), ct) is not null) return place;
        return places[0];
    }
}
