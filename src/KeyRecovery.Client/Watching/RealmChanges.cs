using System.Collections.Immutable;
using KeyRecovery.Client.Devices;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Watching;

/// <summary>Finds what the realms have done with the account's passphrase since a place.</summary>
internal sealed class RealmChanges(KeyRecoveryOptions options, PassphraseManager passphrase)
{
    // By realm: what holds against the server is told once in a watch.
    private readonly Dictionary<string, Type> _concerns = new(StringComparer.Ordinal);

    /// <summary>Asks every realm; one that cannot be had is asked again the next time.</summary>
    /// <param name="place">The place.</param>
    /// <param name="isFirst">Whether nobody has watched on this device before: what was, is then not told.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Changes> LookAsync(WatchPlace place, bool isFirst, CancellationToken ct)
    {
        if (!passphrase.IsSet) return new Changes([], place with { Realms = [] });
        var (events, places) = (ImmutableArray.CreateBuilder<AccountEvent>(), place.Realms);
        if (!(await passphrase.StatusAsync(ct)).TryGet(out var told, out _)) return new Changes([], place);
        places = places.RemoveAll(p => told.All(status => status.Slot != p.Slot));
        foreach (var status in told)
        {
            if (Concern(status) is { } concern) events.Add(concern);
            if (status.State is null) continue;
            var known = places.FirstOrDefault(
                p => p.Slot == status.Slot && p.Realm == RealmPlace.KeyOf(status.Realm));
            var (fresh, next) = (known ?? RealmPlace.Before(status.Slot, status.Realm)).Continue(status.Events);
            places = known is null ? places.Add(next) : places.Replace(known, next);
            if (isFirst && known is null) continue;
            events.AddRange(fresh.Select(e => new AccountEvent.AtRealm(
                e.Kind, status.Slot, status.Realm, status.GuessesLeft) { At = ToldTime.At(e.At) }));
        }
        return new Changes(events.ToImmutable(), place with { Realms = places });
    }

    private AccountEvent.RealmObjects? Concern(PassphraseStatus status)
    {
        if (status.Concern is not { } concern)
        {
            _concerns.Remove(status.Realm);
            return null;
        }
        var known = _concerns.GetValueOrDefault(status.Realm);
        _concerns[status.Realm] = concern.GetType();
        // One that does not answer is not one that objects.
        return concern is ClientFailure.Transient || known == concern.GetType()
            ? null : new AccountEvent.RealmObjects(status.Realm, concern) { At = options.Time.GetUtcNow() };
    }
}
