using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Auth;

/// <summary>What the stores say about a signer.</summary>
internal abstract record AuthenticationResult
{
    private AuthenticationResult() { }

    /// <summary>The signature holds under the key of an active authority.</summary>
    public sealed record Verified(AccountId Account) : AuthenticationResult;

    /// <summary>It does not, or the account takes no requests.</summary>
    public sealed record Refused(ErrorCode Code) : AuthenticationResult;
}
