using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>The version number that follows every label (docs/protocol.md §12).</summary>
public static class FormatVersion
{
    /// <summary>The highest version that this program reads and writes.</summary>
    public const ulong Current = 1;

    internal static void Read(CborIn reader)
    {
        if (reader.UInt() != Current) throw new UpgradeRequiredException();
    }
}
