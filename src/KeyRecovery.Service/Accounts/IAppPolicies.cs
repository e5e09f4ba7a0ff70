namespace KeyRecovery.Service.Accounts;

/// <summary>The configured apps' policies.</summary>
public interface IAppPolicies
{
    /// <summary>The policy of an app, or the default for an app that is no longer configured.</summary>
    AppPolicy Of(string app);

    /// <summary>The ids of the configured apps.</summary>
    IReadOnlyCollection<string> Apps { get; }
}
