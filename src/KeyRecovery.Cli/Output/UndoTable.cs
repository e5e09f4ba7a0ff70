using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace KeyRecovery.Cli.Output;

/// <summary>What an undo makes of the items and whom it removes, for people and for machines.</summary>
internal static class UndoTable
{
    public static IEnumerable<JsonObject> Json(ImmutableArray<UndoItem> items) =>
        items.Where(Changes).Select(i => new JsonObject
        {
            ["name"] = i.Name,
            ["action"] = i.Action.ToJson(),
            ["now"] = i.Now,
            ["then"] = i.Then,
        });

    /// <summary>How many items stay as they are.</summary>
    public static int Unchanged(ImmutableArray<UndoItem> items) => items.Count(i => !Changes(i));

    /// <summary>A row for each item that changes.</summary>
    public static void Write(Terminal people, UndoPlan plan, AuthorityNames names)
    {
        var changed = plan.Items.Where(Changes).ToList();
        if (changed.Count > 0)
        {
            var table = new Table().Border(TableBorder.Simple).AddColumns("Item", "What becomes of it")
                .AddColumn(new TableColumn("Now").RightAligned().NoWrap())
                .AddColumn(new TableColumn("Then").RightAligned().NoWrap());
            foreach (var item in changed)
            {
                table.AddRow(
                    Terminal.Cell(item.Name), Terminal.Cell(Become(item)), Terminal.Cell(Version(item.Now)),
                    Terminal.Cell(Version(item.Then)));
            }
            people.Write(table);
        }
        var stay = plan.Items.Length - changed.Count;
        people.WriteLine(
            $"{Words.Count(stay, "item stays", "items stay")} as {(stay == 1 ? "it is" : "they are")}. "
            + (plan.Remove.IsEmpty ? "Nobody is removed." : $"Removed: {names.Of(plan.Remove)}."));
    }

    /// <summary>What was made of the items, in a sentence.</summary>
    public static string Tell(ImmutableArray<UndoItem> items, IEnumerable<string> notPutAgain)
    {
        var failed = notPutAgain.ToHashSet(StringComparer.Ordinal);
        var back = items.Count(i => i.Action == UndoAction.Return || (i.Action == UndoAction.PutAgain
            && failed.Contains(i.Name)));
        var again = items.Count(i => i.Action == UndoAction.PutAgain && !failed.Contains(i.Name));
        var gone = items.Count(i => i.Action == UndoAction.Remove);
        List<string> parts = [];
        if (back > 0) parts.Add($"{Words.Count(back, "item")} brought back");
        if (again > 0) parts.Add($"{Words.Count(again, "item")} stored again");
        if (gone > 0) parts.Add($"{Words.Count(gone, "item")} taken out");
        return parts.Count == 0 ? "No item has changed." : $"{Words.List(parts)}; the others are as they were.";
    }

    private static bool Changes(UndoItem item) => item.Action != UndoAction.Keep;

    private static string Version(ulong? version) => version is { } number ? $"{number}" : "-";

    private static string Become(UndoItem item) => item switch
    {
        { Action: UndoAction.Return, Now: null } => "comes back",
        { Action: UndoAction.Return } => "is again what it was",
        { Action: UndoAction.PutAgain } => "its last good version is stored again",
        { Action: UndoAction.Remove } => "goes",
        _ => "stays",
    };
}
