namespace KeyRecovery.Api.Auth;

/// <summary>A user as an app's token names them.</summary>
/// <param name="AppId">The app.</param>
/// <param name="Issuer">The token's issuer.</param>
/// <param name="Subject">The token's subject, 1 to 256 bytes of UTF-8. Personal: it goes into no log.</param>
internal sealed record AppUser(string AppId, string Issuer, string Subject)
{
    /// <summary>The longest subject, in bytes of UTF-8.</summary>
    public const int MaxSubjectBytes = 256;

    /// <inheritdoc/>
    public override string ToString() => $"{AppId}:[redacted]";
}
