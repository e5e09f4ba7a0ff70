using System.Collections.Immutable;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Invocation;

/// <summary>Items that an undo brought back, and whose later good version it could not store again.</summary>
internal static class NotPutAgainText
{
    /// <summary>A note for each.</summary>
    public static void Tell(CliContext context, ImmutableArray<(string Name, ClientFailure Why)> items)
    {
        foreach (var (name, why) in items)
            context.Output.Note(
                $"{name} is what it was then: its later version could not be stored again ({why.Message}). "
                + $"It is in keyrecovery backup history {Words.Argument(name)}");
    }

    /// <summary>For machines.</summary>
    public static JsonObject Json((string Name, ClientFailure Why) item) =>
        new JsonObject { ["name"] = item.Name, ["error"] = FailureText.Slug(item.Why), ["message"] = item.Why.Message };
}
