namespace KeyRecovery.Protocol.Wire;

/// <summary>A structure of a version, kind or flag that this program does not know (docs/protocol.md §12).</summary>
public sealed class UpgradeRequiredException : Exception
{
    /// <summary>Makes the exception.</summary>
    public UpgradeRequiredException(string message) : base(message) { }

    /// <summary>Makes the exception.</summary>
    public UpgradeRequiredException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Makes the exception.</summary>
    public UpgradeRequiredException() : base("a newer version is needed to read this") { }
}
