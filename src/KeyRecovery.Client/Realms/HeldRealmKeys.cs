using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Realms;

/// <summary>
/// The management keys of some passphrase slots, copied out of a manifest: the next one no longer has those of slots
/// that it removes, and the realms are still to be told.
/// </summary>
internal sealed class HeldRealmKeys : IDisposable
{
    private readonly List<(AuthorityId Slot, Hash256 Realm, List<(uint Generation, SecretBytes Seed)> Keys)> _held = [];

    private HeldRealmKeys() { }

    /// <summary>One entry for each realm of each slot; the keys of each the newest first.</summary>
    public IReadOnlyList<(AuthorityId Slot, Hash256 Realm, List<(uint Generation, SecretBytes Seed)> Keys)> All =>
        _held;

    /// <summary>Copies the keys of those of <paramref name="slots"/> that are passphrases.</summary>
    public static HeldRealmKeys Of(OpenVault open, IEnumerable<AuthorityId> slots)
    {
        var held = new HeldRealmKeys();
        foreach (var id in slots)
        {
            if (open.Vault.Chain.FindActive(id) is not { Kind: AuthorityKind.Passphrase } slot) continue;
            if (!PassphraseParameters.TryRead(slot.Entry.Parameters, out var parameters)) continue;
            foreach (var realm in parameters.Realms) held._held.Add((id, realm.Realm, Copy(open, id, realm.Realm)));
        }
        return held;
    }

    public void Dispose()
    {
        foreach (var (_, seed) in _held.SelectMany(h => h.Keys)) seed.Dispose();
    }

    private static List<(uint, SecretBytes)> Copy(OpenVault open, AuthorityId slot, Hash256 realm)
    {
        var keys = new List<(uint Generation, SecretBytes)>();
        foreach (var key in open.Private.RealmKeys.Where(k => k.Slot == slot))
            if (RealmKeyName.TryParse(key.Realm, out var name) && name.Realm == realm)
                keys.Add((name.Generation, SecretBytes.Copy(key.ManagementSeed.Span)));
        keys.Sort((a, b) => b.Generation.CompareTo(a.Generation));
        return keys;
    }
}
