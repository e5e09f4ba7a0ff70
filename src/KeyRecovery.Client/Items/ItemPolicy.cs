using System.Collections.Immutable;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Items;

/// <summary>
/// What an app allows an item to have. A server sees sealed and padded sizes alone, which tell nothing of the last few
/// bytes: the device counts. It asks only where an item is larger than apps allow by default.
/// </summary>
internal static class ItemPolicy
{
    /// <summary>Checks the contents of a call before anything of them is sent.</summary>
    public static async Task<ClientFailure?> CheckAsync(
        VaultApi api, string app, ImmutableArray<ItemEdit> edits, CancellationToken ct)
    {
        var largest = edits.OfType<ItemEdit.Put>().Max(put => (int?)put.Content.Length) ?? 0;
        if (largest <= Limits.ItemBytes) return null;
        var told = (await api.GetConfigAsync(app, ct)).Read(ClientJson.Default.ConfigJson);
        if (!told.TryGet(out var config, out var failure)) return failure;
        // A server that allows more than the protocol does changes nothing: that was checked before.
        var limit = Math.Clamp(config.Policy?.ItemBytes ?? Limits.ItemBytes, 0, Limits.MaxItemBytes);
        return largest > limit ? LimitWords.Item(limit, largest) : null;
    }
}
