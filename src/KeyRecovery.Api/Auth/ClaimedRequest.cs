namespace KeyRecovery.Api.Auth;

/// <summary>A request whose key is in its own body, and of which nothing is verified but the body's digest.</summary>
/// <param name="Signer">Who it says has signed it.</param>
/// <param name="Verify">Whether its signature verifies under a key.</param>
/// <param name="Body">The whole body; its digest is the one that would be signed.</param>
internal sealed record ClaimedRequest(KeyId Signer, Func<VerifyKey, bool> Verify, ReadOnlyMemory<byte> Body)
{
    /// <summary>Gives handlers of routes marked <see cref="SignedByContent"/> their parameter.</summary>
    public static ValueTask<ClaimedRequest?> BindAsync(HttpContext context) =>
        new(context.Features.Get<ClaimedRequest>());

    /// <inheritdoc/>
    public override string ToString() => $"{Body.Length} bytes";
}
