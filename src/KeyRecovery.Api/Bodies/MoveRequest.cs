using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>Whose an account is from now on.</summary>
internal sealed record MoveRequest
{
    [Description("A name of the app's issuer, as the server's settings have it. Default: that of today.")]
    public string? Issuer { get; init; }

    [Description("1 to 256 bytes of UTF-8. Default: the subject that it has.")]
    public string? Subject { get; init; }
}
