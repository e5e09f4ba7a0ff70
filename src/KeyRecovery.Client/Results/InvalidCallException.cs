namespace KeyRecovery.Client.Results;

/// <summary>What the caller gave cannot be sent; found where it was to be, and told by the call.</summary>
internal sealed class InvalidCallException(string reason) : Exception(reason)
{
    public ClientFailure.Invalid Failure { get; } = new(reason);
}
