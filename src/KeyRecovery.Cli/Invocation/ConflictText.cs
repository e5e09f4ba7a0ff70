using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Invocation;

/// <summary>An item that two devices changed: both sides, and what to do about it.</summary>
internal static class ConflictText
{
    /// <param name="conflict">What the SDK says.</param>
    /// <param name="vault">The account with the other device's change.</param>
    /// <param name="file">Where one's own version lies, - for standard input; null for a removal.</param>
    public static CliFailure Of(ClientFailure.Conflict conflict, VaultSession vault, string? file)
    {
        var sides = conflict.Items
            .Select(i => (Item: i, Theirs: vault.Items.FirstOrDefault(v => v.Name == i.Name))).ToList();
        return new CliFailure(FailureText.Slug(conflict), conflict.Message)
        {
            Advice = [.. sides.SelectMany(s => Lines(s.Item, s.Theirs, file)), "Nothing was replaced."],
            Details = new JsonObject { ["items"] = sides.Select(s => Json(s.Item, s.Theirs)).ToJson() },
        };
    }

    private static IEnumerable<string> Lines(ItemConflict item, ItemInfo? theirs, string? file)
    {
        yield return item.Mine is { } mine
            ? $"yours:  {Words.Size(mine.Length)}, from {Origin(file)}" : "yours:  removed";
        yield return theirs is null
            ? "theirs: removed"
            : $"theirs: {Words.Size(theirs.Length)}, version {theirs.Version} of {Words.Time(theirs.Modified)}";
        if (theirs is not null)
            yield return $"To look at theirs: keyrecovery backup get {Words.Argument(item.Name)} -o FILE";
        yield return "To keep theirs, do nothing. To keep yours, run the same command again"
            + (theirs is null ? "." : "; theirs stays in the history.");
    }

    private static string Origin(string? file) =>
        file is null or "-" ? "standard input" : $"{file} of {Words.Time(File.GetLastWriteTime(file))}";

    private static JsonObject Json(ItemConflict item, ItemInfo? theirs) => new JsonObject
    {
        ["name"] = item.Name,
        ["mine"] = item.Mine is { } mine ? new JsonObject { ["size"] = mine.Length } : null,
        ["theirs"] = theirs is null ? null : new JsonObject
        {
            ["size"] = theirs.Length,
            ["version"] = theirs.Version,
            ["modified"] = theirs.Modified,
        },
    };
}
