using System.Diagnostics;

namespace KeyRecovery;

/// <summary>An item with its content.</summary>
/// <param name="Item">Which.</param>
/// <param name="Content">What was stored; the caller's to zero.</param>
[DebuggerDisplay("{Item}")]
public sealed record ItemContent(ItemInfo Item, byte[] Content)
{
    /// <summary>Of when it is, by the server's clock: see <see cref="VaultSession.AsOf"/>.</summary>
    public DateTimeOffset AsOf { get; init; }

    /// <summary>Never the content.</summary>
    public override string ToString() => Item.ToString();
}
