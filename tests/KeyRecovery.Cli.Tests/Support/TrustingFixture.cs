namespace KeyRecovery.Cli.Tests.Support;

/// <summary>A host whose app trusts every device at once: what a young one may not do, is done there.</summary>
public sealed class TrustingFixture : CliFixture
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Key, string Value)> Settings =>
    [
        ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"), ("Apps:0:Audience", "demo"),
        ("Apps:0:Policy:TrustAfterHours", "0"),
    ];
}
