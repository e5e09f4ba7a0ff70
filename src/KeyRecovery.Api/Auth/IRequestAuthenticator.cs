using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Auth;

/// <summary>Finds the key of a signer and lets the caller verify with it: one that is unknown costs a verification too.</summary>
internal interface IRequestAuthenticator
{
    ValueTask<AuthenticationResult> AuthenticateAsync(KeyId keyId, Func<VerifyKey, bool> verify, CancellationToken cancellation);
}
