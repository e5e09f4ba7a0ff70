using KeyRecovery.Service.Keys;

namespace KeyRecovery.Storage.Azure.Ring;

/// <summary>A KEK as the standings name it, and its key where this instance has it.</summary>
/// <param name="Id">Its place in the ring.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="SinceHour">Since when, in hours since 1970.</param>
/// <param name="Nonce">16 bytes that name its secret in the vault; zeros once it is destroyed.</param>
/// <param name="Key">The key; null where it is destroyed, or was not read.</param>
internal sealed record VaultKek(KekId Id, KekState State, long SinceHour, Guid Nonce, SecretBytes? Key)
{
    /// <summary>What all secrets of one KEK begin with.</summary>
    public static string PrefixOf(KekId id) => $"kek-{id.Value}-";

    /// <summary>Whether it is known which secret it is: not of one whose ring was lost, nor of one that is destroyed.
    /// </summary>
    public bool IsNamed => Nonce != Guid.Empty;

    /// <summary>The secret's name.</summary>
    public string Name => PrefixOf(Id) + Nonce.ToString("N");

    /// <summary>Id and state; never the key.</summary>
    public override string ToString() => $"KEK {Id.Value} ({State})";
}
