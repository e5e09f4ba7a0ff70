using System.Collections.Frozen;
using System.Collections.Immutable;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Azure.Ring;

/// <summary>The ring as an instance knows it.</summary>
internal sealed class VaultRingView
{
    public VaultRingView(Row stored, ImmutableArray<VaultKek> entries, long seenAt)
    {
        (Stored, Entries, SeenAt) = (stored, entries, seenAt);
        Standings = [.. entries.Select(kek => new KekStanding(kek.Id, kek.State, kek.SinceHour))];
        Keks = entries.Where(kek => kek.Key is not null)
            .ToFrozenDictionary(kek => kek.Id, kek => new Kek(kek.Id, kek.State, kek.Key!));
    }

    /// <summary>The row of the standings.</summary>
    public Row Stored { get; }

    public ImmutableArray<VaultKek> Entries { get; }

    /// <summary>The steady clock's reading before the row was read.</summary>
    public long SeenAt { get; }

    public ImmutableArray<KekStanding> Standings { get; }

    public FrozenDictionary<KekId, Kek> Keks { get; }

    /// <summary>The current one; null where its key is not here.</summary>
    public Kek? Current => Keks.GetValueOrDefault(Entries.Single(kek => kek.State == KekState.Current).Id);

    /// <summary>Whether all keys that there should be are here. Of a retiring one the secret may be purged.</summary>
    public bool IsWhole => Entries.All(kek => kek.Key is not null || kek.State >= KekState.Retiring);

    /// <summary>The same, seen later.</summary>
    public VaultRingView At(long seenAt) => new(Stored, Entries, seenAt);

    public VaultKek? Find(KekId id) => Entries.FirstOrDefault(kek => kek.Id == id);
}
