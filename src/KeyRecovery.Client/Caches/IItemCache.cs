namespace KeyRecovery;

/// <summary>
/// Keeps sealed items on the device, as the server has them, so that they are read without the network: see
/// <see cref="KeyRecoveryOptions.ItemCache"/>. Nothing in it is secret: an item opens under its account's epoch key,
/// which is sealed to the device's key in its <see cref="IDeviceStore"/>. Nothing of it is believed either: each item
/// is held against its hash in the signed manifest. What it throws is as if it had nothing.
/// </summary>
public interface IItemCache
{
    /// <summary>A sealed item by its hash; null where it is not kept.</summary>
    ValueTask<byte[]?> FindAsync(Hash256 hash, CancellationToken ct);

    /// <summary>Keeps a sealed item, at the cost of others where there is no room.</summary>
    ValueTask KeepAsync(Hash256 hash, ReadOnlyMemory<byte> item, CancellationToken ct);

    /// <summary>Forgets all of them. Done where there are none.</summary>
    ValueTask ClearAsync(CancellationToken ct);
}
