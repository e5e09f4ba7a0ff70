using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Gate;

/// <summary>Whether a request passes.</summary>
public abstract record GateResult
{
    private GateResult() { }

    /// <summary>The signature verifies and its signer may act.</summary>
    /// <param name="Account">The account; the caller disposes it.</param>
    public sealed record Open(OpenAccount Account) : GateResult;

    /// <summary>It does not pass.</summary>
    /// <param name="Failure">Why.</param>
    public sealed record Shut(ServiceFailure Failure) : GateResult;
}
