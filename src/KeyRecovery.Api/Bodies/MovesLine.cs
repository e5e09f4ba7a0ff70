using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>One user, and whose the account is to be.</summary>
internal sealed record MovesLine
{
    [Description("The user's subject, under any name of the app's issuer.")]
    public required string Subject { get; init; }

    [Description("The subject from now on, 1 to 256 bytes of UTF-8. Default: the same.")]
    public string? To { get; init; }

    [Description("A name of the app's issuer, as the server's settings have it. Default: that of today.")]
    public string? Issuer { get; init; }
}
