using System.Collections.Frozen;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Api.Options;

/// <summary>The configured apps' policies, as the service asks for them.</summary>
internal sealed class AppPolicies(KeyRecoveryOptions options) : IAppPolicies
{
    private readonly FrozenDictionary<string, AppPolicy> _policies =
        options.Apps.ToFrozenDictionary(app => app.Id, app => app.Policy.ToPolicy());

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Apps => _policies.Keys;

    /// <inheritdoc/>
    public AppPolicy Of(string app) => _policies.GetValueOrDefault(app, AppPolicy.Default);
}
