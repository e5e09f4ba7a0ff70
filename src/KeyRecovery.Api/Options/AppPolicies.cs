using System.Collections.Frozen;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Api.Options;

/// <summary>The configured apps' policies, as the service asks for them.</summary>
internal sealed class AppPolicies(IEnumerable<AppOptions> apps) : IAppPolicies
{
    private readonly FrozenDictionary<string, AppPolicy> _policies =
        apps.ToFrozenDictionary(app => app.Id, app => app.ToPolicy());

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Apps => _policies.Keys;

    /// <inheritdoc/>
    public AppPolicy Of(string app) => _policies.GetValueOrDefault(app, AppPolicy.Default);
}
