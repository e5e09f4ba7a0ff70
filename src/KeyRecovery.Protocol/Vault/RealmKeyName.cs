using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// How a manifest names a management key: realm and generation (docs/protocol.md §14.4). Older generations stay until
/// the realm has taken the newest.
/// </summary>
/// <param name="Realm">The realm's fingerprint.</param>
/// <param name="Generation">From 1.</param>
public readonly record struct RealmKeyName(Hash256 Realm, uint Generation)
{
    /// <summary><c>fingerprint.generation</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Realm}.{Generation}");

    /// <summary>Reads a name; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out RealmKeyName name)
    {
        name = default;
        var dot = text?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        if (dot < 0 || !Hash256.TryParse(text![..dot], out var realm)) return false;
        if (!uint.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var generation)
            || generation == 0) return false;
        name = new RealmKeyName(realm, generation);
        return text == name.ToString();
    }
}
