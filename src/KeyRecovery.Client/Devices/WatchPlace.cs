using System.Collections.Immutable;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Devices;

/// <summary>Up to where a device's watcher has told what happened to the account.</summary>
/// <param name="Entries">How many entries of the account's activity were told: the number of the next one.</param>
/// <param name="Links">How many links of the chain were told.</param>
/// <param name="Items">The items as they were told: the hash of each, by name.</param>
/// <param name="Realms">What each realm has told of each passphrase.</param>
internal sealed record WatchPlace(
    ulong Entries, ulong Links, ImmutableSortedDictionary<string, Hash256> Items, ImmutableArray<RealmPlace> Realms)
{
    private const int MostRealms = Limits.Authorities * RealmLimits.Realms;

    /// <summary>Whether nothing was told in between.</summary>
    public bool IsAt(WatchPlace other) => Entries == other.Entries && Links == other.Links
        && Realms.SequenceEqual(other.Realms) && Items.SequenceEqual(other.Items);

    /// <summary>Writes one, or that there is none.</summary>
    public static void Write(CborOut writer, WatchPlace? place)
    {
        if (place is null)
        {
            writer.Array(0);
            return;
        }
        writer.Array(4).UInt(place.Entries).UInt(place.Links).Array(place.Items.Count);
        foreach (var (name, hash) in place.Items) writer.Array(2).Text(name).Bytes(hash);
        writer.Array(place.Realms.Length);
        foreach (var realm in place.Realms)
            writer.Array(4).Bytes(realm.Slot).Bytes(realm.Realm).UInt(realm.At).UInt((ulong)realm.Count);
    }

    public static WatchPlace? Read(CborIn reader)
    {
        if (reader.Array(0, 4) == 0) return null;
        var (entries, links) = (reader.UInt(), reader.UInt());
        var items = ImmutableSortedDictionary.CreateBuilder<string, Hash256>(StringComparer.Ordinal);
        for (var left = reader.Array(0, Limits.Items); left > 0; left--)
        {
            reader.Array(2);
            items[reader.Text(1, Limits.NameBytes)] = reader.Hash();
        }
        var realms = ImmutableArray.CreateBuilder<RealmPlace>();
        for (var left = reader.Array(0, MostRealms); left > 0; left--)
        {
            reader.Array(4);
            realms.Add(new RealmPlace(reader.Authority(), reader.Hash(), reader.UInt(), (int)reader.UInt()));
        }
        return new WatchPlace(entries, links, items.ToImmutable(), realms.ToImmutable());
    }
}

/// <summary>Up to where a realm's events of a passphrase were told: those of the newest second are counted.</summary>
/// <param name="Slot">The passphrase.</param>
/// <param name="Realm">The realm: SHA-256 of what people call it.</param>
/// <param name="At">The newest that was told, in seconds since 1970 by the realm's clock.</param>
/// <param name="Count">How many of that second.</param>
internal sealed record RealmPlace(AuthorityId Slot, Hash256 Realm, ulong At, int Count)
{
    /// <summary>Before all events.</summary>
    public static RealmPlace Before(AuthorityId slot, string realm) => new(slot, KeyOf(realm), 0, 0);

    /// <summary>What a realm goes by.</summary>
    public static Hash256 KeyOf(string realm) => Hash256.Of(System.Text.Encoding.UTF8.GetBytes(realm));

    /// <summary>The events that were not told, the oldest first, and the place behind them.</summary>
    public (ImmutableArray<RealmEvent> New, RealmPlace Next) Continue(ImmutableArray<RealmEvent> events)
    {
        var sameSecond = 0;
        var fresh = events.Where(e => e.At > At || (e.At == At && ++sameSecond > Count)).ToImmutableArray();
        if (fresh.IsEmpty) return (fresh, this);
        var newest = fresh.Max(e => e.At);
        return (fresh, this with { At = newest, Count = events.Count(e => e.At == newest) });
    }
}
