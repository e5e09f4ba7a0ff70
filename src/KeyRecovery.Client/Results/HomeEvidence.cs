using System.ComponentModel;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery;

/// <summary>
/// Two heads that the home server has signed and that cannot both be true: whoever holds its audit key sees that it
/// lied (docs/protocol.md §7).
/// </summary>
/// <param name="Known">The signed head that this device had verified.</param>
/// <param name="Served">The one that it was served since.</param>
public sealed record HomeEvidence(ReadOnlyMemory<byte> Known, ReadOnlyMemory<byte> Served)
{
    /// <summary>
    /// How the trails of both differ, <see cref="ForkedTrail.One"/> that of <see cref="Known"/>; null where the heads
    /// contradict each other by themselves (<see cref="AccountHead.Contradicts"/>).
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public ForkedTrail? Trail { get; init; }
}
