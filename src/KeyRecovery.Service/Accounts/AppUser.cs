namespace KeyRecovery.Service.Accounts;

/// <summary>A user of an app, as a token of that app's issuer names it.</summary>
/// <param name="App">The app's id.</param>
/// <param name="Issuer">The token's <c>iss</c>.</param>
/// <param name="Subject">The token's <c>sub</c>, 1–256 bytes of UTF-8.</param>
public sealed record AppUser(string App, string Issuer, string Subject)
{
    /// <summary>Stands for an issuer or subject that was lost with the account's data.</summary>
    public const string Unknown = "unknown";

    /// <summary>Never the subject: this may reach a log.</summary>
    public override string ToString() => $"a user of {App}";
}
