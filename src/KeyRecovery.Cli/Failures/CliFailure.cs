using System.Text.Json.Nodes;

namespace KeyRecovery.Cli.Failures;

/// <summary>Why a command did not do what it was asked.</summary>
/// <param name="Error">A stable slug, the <c>error</c> of <c>--json</c>.</param>
/// <param name="Message">One sentence for a person. Holds no secret.</param>
internal sealed record CliFailure(string Error, string Message)
{
    /// <summary>
    /// Under which message and advice are translated. Default: the slug; where it has several causes, with one behind
    /// it.
    /// </summary>
    public string Key { get => field ?? Error; init; }

    /// <summary>What the person can do now; a line each.</summary>
    public IReadOnlyList<string> Advice { get; init; } = [];

    /// <summary>Further members of the JSON object, or null.</summary>
    public JsonObject? Details { get; init; }

    public int ExitCode { get; init; } = Failures.ExitCode.Failed;

    /// <summary>The command line is not one.</summary>
    public static CliFailure Usage(string message, params string[] advice) =>
        new("usage", message) { Advice = advice, ExitCode = Failures.ExitCode.Usage };
}
