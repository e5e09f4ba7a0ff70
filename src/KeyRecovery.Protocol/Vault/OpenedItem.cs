using System.Diagnostics;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Vault;

/// <summary>What was sealed in an item.</summary>
/// <param name="Name">Its name, 1–64 bytes of UTF-8.</param>
/// <param name="Content">Its content; the reader's to zero.</param>
[DebuggerDisplay(Redacted.Text)]
public sealed record OpenedItem(string Name, byte[] Content)
{
    /// <inheritdoc/>
    public override string ToString() => Redacted.Text;
}
