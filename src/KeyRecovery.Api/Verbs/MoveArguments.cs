using KeyRecovery.Api.CommandLine;

namespace KeyRecovery.Api.Verbs;

/// <summary>The switches of <c>migrate</c> that make it a move.</summary>
/// <param name="DryRun">Whether nothing is changed.</param>
/// <param name="GiveUp">Whether the move is given up.</param>
/// <param name="Json">Whether the report is one JSON object.</param>
/// <param name="AtOnce">Requests under way.</param>
/// <param name="Units">Request units a second to reckon with.</param>
/// <param name="Rest">Everything else: settings.</param>
internal sealed record MoveArguments(bool DryRun, bool GiveUp, bool Json, int AtOnce, int Units, string[] Rest)
{
    /// <summary>Null where the stores are to stay where they are.</summary>
    /// <exception cref="UsageException">The switches make no sense together.</exception>
    public static MoveArguments? Parse(Switches switches)
    {
        const string Takes = "sqlite or cosmos";
        var (from, to) = (switches.Value("--from", Takes), switches.Value("--to", Takes));
        if (from is null && to is null) return null;
        if ((from, to) is ("cosmos", "sqlite"))
            throw new UsageException(
                "there is no move from cosmos to sqlite: nothing keeps an instance that still runs somewhere from "
                + "writing to accounts, and what it had acknowledged would be lost");
        if ((from, to) is not ("sqlite", "cosmos")) throw new UsageException("a move is --from sqlite --to cosmos");
        var arguments = new MoveArguments(
            switches.Has("--dry-run"), switches.Has("--give-up"), switches.Has("--json"),
            switches.Number("--at-once", 1, 256) ?? 32, switches.Number("--units", 1, 100_000_000) ?? 1_000,
            switches.Rest);
        return arguments is { DryRun: true, GiveUp: true }
            ? throw new UsageException("--dry-run and --give-up do not go together") : arguments;
    }
}
