using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>Accounts of users whose login has another name.</summary>
internal sealed record MovesRequest
{
    [Description("Whether nothing is moved, and told what would be. It has no default.")]
    public required bool DryRun { get; init; }

    [Description("1 to 200. No two lines name the same user.")]
    public required IReadOnlyList<MovesLine> Moves { get; init; }
}
