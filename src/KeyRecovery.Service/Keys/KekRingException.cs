namespace KeyRecovery.Service.Keys;

/// <summary>
/// A root key or KEK ring that cannot be used as it stands. The message tells an operator why.
/// </summary>
public sealed class KekRingException : Exception
{
    /// <summary>Makes the exception.</summary>
    public KekRingException(string message) : base(message) { }

    /// <summary>Makes the exception.</summary>
    public KekRingException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Makes the exception without a reason.</summary>
    public KekRingException() : base("the KEK ring cannot be used") { }
}
