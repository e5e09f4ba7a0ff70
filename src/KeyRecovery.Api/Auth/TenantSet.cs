using System.Collections.Immutable;
using KeyRecovery.Api.Options;

namespace KeyRecovery.Api.Auth;

/// <summary>One state of the apps and operators, with what was found to hold under it.</summary>
internal sealed class TenantSet
{
    /// <summary>The apps.</summary>
    public required ImmutableArray<AppOptions> Apps { get; init; }

    /// <summary>The operators.</summary>
    public required ImmutableArray<OperatorOptions> Operators { get; init; }

    /// <summary>Whose users' tokens are trusted.</summary>
    public required TokenSources<AppOptions> OfApps { get; init; }

    /// <summary>Whose operators' tokens are trusted.</summary>
    public required TokenSources<OperatorOptions> OfOperators { get; init; }

    /// <summary>Users' tokens that were found to hold.</summary>
    public required ValidTokens Valid { get; init; }

    /// <summary>The app of that id, or null.</summary>
    public AppOptions? App(string id) => Apps.FirstOrDefault(app => app.Id == id);
}
