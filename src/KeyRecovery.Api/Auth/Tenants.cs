using System.Collections.Immutable;
using KeyRecovery.Api.Options;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// The apps and operators as they are at the moment: whole, and replaced as a whole, so that a request sees one state
/// of the settings.
/// </summary>
internal sealed class Tenants
{
    private readonly TimeProvider _time;
    private readonly DevelopmentIssuer? _development;
    private readonly IssuerAddresses _addresses;
    private volatile TenantSet _now;

    public Tenants(
        KeyRecoveryOptions options, TimeProvider time, TokenLog log, DevelopmentIssuer? development = null)
    {
        (_time, _development, _addresses) = (time, development, new IssuerAddresses(time, log));
        _now = TryMake(options, new Failures())
            ?? throw new InvalidOperationException("A file of keys that was just there is there no more.");
    }

    /// <summary>As they are now.</summary>
    public TenantSet Now => _now;

    /// <summary>What they fetch.</summary>
    public ICollection<FetchedKeys> Fetched => _addresses.All;

    /// <summary>The state that other options would give; null, and why, where it cannot be.</summary>
    public TenantSet? TryMake(KeyRecoveryOptions options, Failures failures)
    {
        var apps = Sources(options.Apps, nameof(options.Apps), failures);
        var operators = Sources(options.Operators, nameof(options.Operators), failures);
        return apps is null || operators is null ? null : new TenantSet
        {
            Apps = [.. options.Apps],
            Operators = [.. options.Operators],
            OfApps = new TokenSources<AppOptions>(apps, _time),
            OfOperators = new TokenSources<OperatorOptions>(operators, _time),
            Valid = new ValidTokens(_time),
        };
    }

    /// <summary>Replaces the state, for all requests from now on.</summary>
    public void Replace(TenantSet next)
    {
        _now = next;
        _addresses.Keep([.. next.Apps, .. next.Operators]);
    }

    private ImmutableArray<(T, IssuerKeys)>? Sources<T>(IList<T> named, string list, Failures failures)
        where T : TokenSourceOptions
    {
        var sources = ImmutableArray.CreateBuilder<(T, IssuerKeys)>(named.Count);
        for (var i = 0; i < named.Count; i++)
        {
            var keys = (IssuerKeys?)_addresses.Of(named[i]) ?? IssuerKeys.Given(named[i], _development);
            if (keys is null) failures.Add($"{list}:{i}:KeyFile", "was replaced while it was read");
            else sources.Add((named[i], keys));
        }

        return sources.Count == named.Count ? sources.ToImmutable() : null;
    }
}
