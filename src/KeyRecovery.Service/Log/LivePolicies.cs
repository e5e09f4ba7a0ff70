using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.Log;

/// <summary>
/// The apps' policies, which may be replaced while requests are served, and what the log tells of them.
/// </summary>
internal sealed class LivePolicies(IAppPolicies policies) : IAppPolicies
{
    private volatile Told _now = Told.Of(policies);

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Apps => _now.Policies.Apps;

    /// <summary>What leaves of the log name.</summary>
    public PolicyStatement Statement => _now.Statement;

    /// <inheritdoc/>
    public AppPolicy Of(string app) => _now.Policies.Of(app);

    /// <summary>Replaces them; the statement lies in the log before any leaf can name it.</summary>
    /// <exception cref="Stores.StoreUnavailableException">It could not be put there; nothing has changed.</exception>
    public async Task ReplaceAsync(IAppPolicies next, ILogFiles? log, CancellationToken ct)
    {
        var told = Told.Of(next);
        if (log is not null) await told.Statement.PutAsync(log, ct);
        _now = told;
    }

    private sealed record Told(IAppPolicies Policies, PolicyStatement Statement)
    {
        public static Told Of(IAppPolicies policies) => new(policies, PolicyStatement.Of(policies));
    }
}
