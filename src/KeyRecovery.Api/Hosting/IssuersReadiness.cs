using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Endpoints;

namespace KeyRecovery.Api.Hosting;

/// <summary>
/// Whether the keys of all issuers could be had when they were asked for last. Which one is down stands in the log.
/// </summary>
internal sealed class IssuersReadiness(Tenants tenants) : IReadiness
{
    public string Name => "issuers";

    public bool IsNeeded => false;

    public ValueTask<bool> IsReadyAsync(CancellationToken cancellation) =>
        new(tenants.Fetched.All(keys => !keys.IsDown));
}
