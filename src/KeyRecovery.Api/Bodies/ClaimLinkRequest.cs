using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>What a new device claims a link session with; bytes are base64url.</summary>
internal sealed record ClaimLinkRequest
{
    [Description("The code's join token, 32 bytes.")]
    public required string JoinToken { get; init; }

    [Description("SHA-256 of the device's own bearer for this session.")]
    public required string BearerHash { get; init; }

    /// <inheritdoc/>
    public override string ToString() => nameof(ClaimLinkRequest);
}
