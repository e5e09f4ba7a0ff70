using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Items;

/// <summary>The app's cache of sealed items, where it has one: what it gives is checked, and what it throws is nothing.
/// </summary>
internal sealed class CachedItems(VaultState state)
{
    /// <summary>The sealed item of an entry; null where it is not kept.</summary>
    public async Task<byte[]?> FindAsync(ManifestItem entry, CancellationToken ct)
    {
        if (state.ItemCache is not { } cache) return null;
        try
        {
            return await cache.FindAsync(entry.Hash, ct) is { } item
                && entry.Check(state.Read(open => open.Vault.Account), item) == ProtocolFault.None ? item : null;
        }
        catch (Exception thrown) when (Call.IsFailure(thrown, ct))
        {
            return null;
        }
    }

    /// <summary>Keeps a sealed item that was verified, or that this device has made.</summary>
    public async Task KeepAsync(Hash256 hash, ReadOnlyMemory<byte> item, CancellationToken ct)
    {
        if (state.ItemCache is not { } cache) return;
        try
        {
            await cache.KeepAsync(hash, item, ct);
        }
        catch (Exception thrown) when (Call.IsFailure(thrown, ct))
        {
            // The server has it.
        }
    }
}
