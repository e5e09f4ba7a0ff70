using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>What an existing device opens a link session with; bytes are base64url.</summary>
internal sealed record OpenLinkRequest
{
    [Description("The session's id, 16 bytes, derived from the code.")]
    public required string SessionId { get; init; }

    [Description("SHA-256 of the join token.")]
    public required string JoinTokenHash { get; init; }

    [Description("SHA-256 of the device's own bearer for this session.")]
    public required string BearerHash { get; init; }

    [Description("For a typed code: 4 capitals of Crockford's base 32; with an envelope only.")]
    public string? Nameplate { get; init; }

    [Description("For a typed code: the sealed code, 105 bytes; with a nameplate only.")]
    public string? Envelope { get; init; }

    /// <inheritdoc/>
    public override string ToString() => nameof(OpenLinkRequest);
}
