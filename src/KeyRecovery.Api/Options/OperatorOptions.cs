namespace KeyRecovery.Api.Options;

/// <summary>
/// Who may act for an app without being a user. Issuer and audience are shared with no app and no other operator.
/// </summary>
internal sealed class OperatorOptions : TokenSourceOptions
{
    /// <summary>The app's id.</summary>
    public string App { get; set; } = "";

    /// <summary>
    /// The scopes that its tokens may use (docs/protocol.md §15.3), each once. Default: <c>keyrecovery.erase</c> alone,
    /// so that a newer server gives nobody a power that nobody has named.
    /// </summary>
    public string[]? Scopes { get; set; }

    /// <summary>Those scopes, or the default.</summary>
    public IReadOnlyList<string> Granted => Scopes ?? Default;

    private static readonly string[] Default = ["keyrecovery.erase"];
}
