using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Auth;

/// <summary>A request whose signature holds, with the body that was signed.</summary>
/// <param name="Signer">The device or slot.</param>
/// <param name="Caller">What the authenticator found.</param>
/// <param name="Body">The whole body; its digest is the signed one.</param>
internal sealed record SignedRequest(KeyId Signer, AuthenticationResult.Verified Caller, ReadOnlyMemory<byte> Body)
{
    /// <summary>Gives handlers of routes marked <see cref="Signed"/> their parameter.</summary>
    public static ValueTask<SignedRequest?> BindAsync(HttpContext context) => new(context.Features.Get<SignedRequest>());

    /// <inheritdoc/>
    public override string ToString() => $"{Signer}, {Body.Length} bytes";
}
