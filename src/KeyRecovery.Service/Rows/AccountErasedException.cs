namespace KeyRecovery.Service.Rows;

/// <summary>
/// The account was erased while a request on it was under way. The request did nothing; a repeat hears 410.
/// </summary>
public sealed class AccountErasedException : Exception
{
    /// <summary>Makes the exception.</summary>
    public AccountErasedException() : base("the account was erased meanwhile") { }

    /// <summary>Makes the exception.</summary>
    public AccountErasedException(string message) : base(message) { }

    /// <summary>Makes the exception.</summary>
    public AccountErasedException(string message, Exception innerException) : base(message, innerException) { }
}
