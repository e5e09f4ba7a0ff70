namespace KeyRecovery.Service.Stores;

/// <summary>A store that cannot answer a read. Says nothing about whether the row exists.</summary>
public sealed class StoreUnavailableException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="reason">Why the store cannot answer.</param>
    /// <param name="message">For the log; carries no id and no value.</param>
    /// <param name="innerException">The cause.</param>
    public StoreUnavailableException(StoreFault reason, string message, Exception? innerException = null)
        : base(message, innerException) => Reason = reason;

    /// <summary>Makes the exception for an unnamed failure.</summary>
    public StoreUnavailableException() : this(StoreFault.Failed, "the store cannot answer") { }

    /// <summary>Makes the exception for an unnamed failure.</summary>
    public StoreUnavailableException(string message) : this(StoreFault.Failed, message) { }

    /// <summary>Makes the exception for an unnamed failure.</summary>
    public StoreUnavailableException(string message, Exception innerException)
        : this(StoreFault.Failed, message, innerException) { }

    /// <summary>Why the store cannot answer.</summary>
    public StoreFault Reason { get; }
}
