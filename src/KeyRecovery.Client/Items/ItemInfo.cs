using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>An item of the account.</summary>
/// <param name="Name">1–64 bytes of UTF-8, unique in the account.</param>
/// <param name="Version">From 1, one more with each change.</param>
/// <param name="Length">The content's length in bytes.</param>
/// <param name="Modified">When it was written, by the writer's clock.</param>
public sealed record ItemInfo(string Name, ulong Version, long Length, DateTimeOffset Modified)
{
    /// <summary>Joins what manifest and sealed part say of each item, by name.</summary>
    internal static ImmutableArray<ItemInfo> AllOf(OpenVault open) =>
    [
        .. open.Private.Items.Select(note => Of(open, note)).OrderBy(i => i.Name, StringComparer.Ordinal),
    ];

    /// <summary>Joins what they say of one.</summary>
    internal static ItemInfo Of(OpenVault open, ItemNote note) => new(
        note.Name, open.Vault.Manifest.Manifest.Find(note.Id)!.Version, note.Length, ToldTime.At(note.Modified));
}
