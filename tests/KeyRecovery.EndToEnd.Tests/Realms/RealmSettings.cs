using KeyRecovery.Testing;

namespace KeyRecovery.EndToEnd.Tests.Realms;

/// <summary>How realms are configured here.</summary>
internal static class RealmSettings
{
    /// <summary>The app, with the home of the accounts that tests make up.</summary>
    public static (string, string)[] App =>
    [
        ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"), ("Apps:0:Audience", "demo"),
        TestHome.KnownTo(),
    ];

    /// <summary>Guesses may follow one another at once, up to the default budget of 10.</summary>
    public static (string, string)[] WithoutWaits => [.. App, ("Apps:0:Policy:Passphrase:Waits", "")];

    /// <summary>The same with the largest budget.</summary>
    public static (string, string)[] WithoutWaitsOrEnd => [.. WithoutWaits, ("Apps:0:Policy:Passphrase:Budget", "100")];
}
