namespace KeyRecovery.Protocol.Wire;

/// <summary>The version number that follows every label (docs/protocol.md §12).</summary>
public static class FormatVersion
{
    /// <summary>The highest version that this program reads and writes.</summary>
    public const ulong Current = 1;
}
