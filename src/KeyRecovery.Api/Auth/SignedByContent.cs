namespace KeyRecovery.Api.Auth;

/// <summary>
/// Marks a route whose requests carry the signer's key in the body, which is then read before anything is verified; its
/// handler may ask for a <see cref="ClaimedRequest"/>, and verifies.
/// </summary>
internal sealed record SignedByContent;
