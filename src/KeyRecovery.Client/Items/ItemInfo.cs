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
    /// <summary>
    /// Joins what manifest and sealed part say of each item, by name; not of those that are KeyRecovery's own.
    /// </summary>
    internal static ImmutableArray<ItemInfo> AllOf(OpenVault open) =>
    [
        .. open.Private.Items.Where(note => !ReservedName.Is(note.Name)).Select(note => Of(open, note))
            .OrderBy(i => i.Name, StringComparer.Ordinal),
    ];

    /// <summary>What they say of a name, in whatever spelling; null where it is none, or KeyRecovery's own.</summary>
    internal static ItemInfo? Find(OpenVault open, string name) =>
        open.FindNote(name) is { } note && !ReservedName.Is(note.Name) ? Of(open, note) : null;

    /// <summary>Joins what they say of one.</summary>
    internal static ItemInfo Of(OpenVault open, ItemNote note) => new(
        note.Name, open.Vault.Manifest.Manifest.Find(note.Id)!.Version, note.Length, ToldTime.At(note.Modified));
}
