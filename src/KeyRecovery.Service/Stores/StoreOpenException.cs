namespace KeyRecovery.Service.Stores;

/// <summary>
/// A store that must not be opened as it stands. The message tells an operator why, and names the file.
/// </summary>
public sealed class StoreOpenException : Exception
{
    /// <summary>Makes the exception.</summary>
    public StoreOpenException(string message) : base(message) { }

    /// <summary>Makes the exception.</summary>
    public StoreOpenException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Makes the exception without a reason.</summary>
    public StoreOpenException() : base("the store cannot be opened") { }
}
