using System.Collections.Immutable;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Realms;

namespace KeyRecovery.Client.Realms;

/// <summary>
/// The realms of the app's configuration (docs/protocol.md §14.4): which there are, and which of them a passphrase may
/// have together. Nothing that a server says adds to them.
/// </summary>
internal sealed class RealmPins
{
    private readonly ImmutableArray<(ImmutableHashSet<Hash256> Realms, int Minimum)> _generations;
    private readonly Dictionary<Hash256, PinnedRealm> _realms = [];

    /// <exception cref="ArgumentException">A rule of <see cref="RealmGeneration"/> is broken.</exception>
    public RealmPins(ImmutableArray<RealmGeneration> generations)
    {
        if (generations.IsDefault) generations = [];
        _generations = [.. generations.Select(Read)];
        Newest = generations is [var newest, ..] ? newest.Realms : [];
    }

    /// <summary>Whether the app names none: then the home server alone guards passphrases.</summary>
    public bool AreNone => _generations.IsEmpty;

    /// <summary>The realms of new passphrases.</summary>
    public ImmutableArray<PinnedRealm> Newest { get; }

    /// <summary>How many of <see cref="Newest"/> a new passphrase must need at least; 1 for the home alone.</summary>
    public int NewestMinimum => AreNone ? 1 : _generations[0].Minimum;

    /// <summary>Which generation a slot is of, 0 for the newest; null where it is of none.</summary>
    public int? GenerationOf(PassphraseParameters slot)
    {
        for (var i = 0; i < _generations.Length; i++)
        {
            var (realms, minimum) = _generations[i];
            if (slot.Threshold >= minimum && realms.SetEquals(slot.Realms.Select(r => r.Realm))) return i;
        }
        return null;
    }

    /// <summary>What the newest generation that names a realm says of it; null where none does.</summary>
    public PinnedRealm? Find(Hash256 fingerprint) => _realms.GetValueOrDefault(fingerprint);

    private (ImmutableHashSet<Hash256>, int) Read(RealmGeneration generation)
    {
        if (generation is null || generation.Realms.IsDefaultOrEmpty || generation.Realms.Length > RealmLimits.Realms)
            throw Wrong($"1 to {RealmLimits.Realms} servers guard a passphrase");
        var fingerprints = ImmutableHashSet.CreateBuilder<Hash256>();
        foreach (var realm in generation.Realms)
        {
            if (realm is not { Token: not null }) throw Wrong("a realm has an address and a way to its token");
            if (ServerAddress.FindFault(realm.Server) is { } fault) throw Wrong($"{realm.Name}: {fault}");
            if (!Hash256.TryParse(realm.Fingerprint, out var fingerprint))
                throw Wrong($"the fingerprint of {realm.Name} is not 43 characters of base64url");
            if (!fingerprints.Add(fingerprint)) throw Wrong($"{realm.Name} stands twice in a generation");
            _realms.TryAdd(fingerprint, realm);
        }
        var minimum = generation.MinimumThreshold ?? fingerprints.Count / 2 + 1;
        return PassphraseParameters.IsThreshold(minimum, fingerprints.Count)
            ? (fingerprints.ToImmutable(), minimum)
            : throw Wrong("of a generation more than half must be needed, and not more than there are");
    }

    private static ArgumentException Wrong(string message) =>
        new($"{nameof(KeyRecoveryOptions.RealmGenerations)}: {message}");
}
