namespace KeyRecovery.Service.Keys;

/// <summary>Something that the root key should unwrap does not open. The server cannot start.</summary>
public sealed class RootKeyMismatchException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">For an operator: what does not open.</param>
    public RootKeyMismatchException(string message) : base(message) { }

    /// <summary>Makes the exception.</summary>
    public RootKeyMismatchException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Makes the exception without naming what does not open.</summary>
    public RootKeyMismatchException() : base("the root key does not fit") { }
}
