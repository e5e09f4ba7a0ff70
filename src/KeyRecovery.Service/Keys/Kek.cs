using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Service.Keys;

/// <summary>
/// A key-encryption key of the ring: it wraps subject keys for a time, and takes them along when it is destroyed.
/// </summary>
public sealed class Kek : IDisposable
{
    /// <summary>The length in bytes: 32.</summary>
    public const int Size = SecretBox.KeySize;

    /// <summary>Makes a KEK and takes over <paramref name="key"/>.</summary>
    /// <param name="id">Its place in the ring.</param>
    /// <param name="state">Anything but destroyed: what is destroyed has no key.</param>
    /// <param name="key">32 bytes.</param>
    public Kek(KekId id, KekState state, SecretBytes key)
    {
        Throw.UnlessKek(state, key.Length);
        (Id, State, Key) = (id, state, key);
    }

    /// <summary>Its place in the ring.</summary>
    public KekId Id { get; }

    /// <summary>Next, current or retiring.</summary>
    public KekState State { get; }

    /// <summary>32 bytes, zeroed with the ring.</summary>
    public SecretBytes Key { get; }

    /// <summary>Zeroes the key.</summary>
    public void Dispose() => Key.Dispose();

    /// <summary>Id and state; never the key.</summary>
    public override string ToString() => $"KEK {Id.Value} ({State})";
}
