using System.Diagnostics;

namespace KeyRecovery;

/// <summary>What somebody sealed to this account.</summary>
/// <param name="Content">The content; the caller's to zero.</param>
/// <param name="IsForFormerKeys">Whether it was sealed to keys that were since made anew: whoever was revoked as stolen
/// can read it too. Tell the sender the new statement.</param>
[DebuggerDisplay("[redacted]")]
public sealed record OpenedMessage(byte[] Content, bool IsForFormerKeys)
{
    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => "[redacted]";
}
