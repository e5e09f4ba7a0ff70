using System.Collections.Immutable;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Items;

/// <summary>Joins what manifest and sealed part say of each item, by name.</summary>
internal static class ItemList
{
    public static ImmutableArray<ItemInfo> Of(OpenVault open) =>
    [
        .. open.Private.Items
            .Select(n => new ItemInfo(
                n.Name, open.Vault.Manifest.Manifest.Find(n.Id)!.Version, n.Length, Clock.FromSeconds(n.Modified)))
            .OrderBy(i => i.Name, StringComparer.Ordinal),
    ];
}
