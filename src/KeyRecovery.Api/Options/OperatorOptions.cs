namespace KeyRecovery.Api.Options;

/// <summary>
/// Who may file erasures for an app. Issuer and audience are shared with no app and no other operator.
/// </summary>
internal sealed class OperatorOptions : TokenSourceOptions
{
    /// <summary>The app's id.</summary>
    public string App { get; set; } = "";
}
