using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace KeyRecovery.Cli.Output;

/// <summary>Items, for people and for machines.</summary>
internal static class ItemTable
{
    public static JsonObject Json(ItemInfo item) => new JsonObject
    {
        ["name"] = item.Name,
        ["version"] = item.Version,
        ["size"] = item.Length,
        ["modified"] = item.Modified,
    };

    /// <summary>A row each.</summary>
    public static void Write(Terminal people, ImmutableArray<ItemInfo> items)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn("Item").AddColumn(new TableColumn("Version").RightAligned())
            .AddColumn(new TableColumn("Size").RightAligned()).AddColumn("Changed");
        foreach (var item in items)
            table.AddRow(Terminal.Cell(item.Name), Terminal.Cell($"{item.Version}"),
                Terminal.Cell(Words.Size(item.Length)), Terminal.Cell(Words.Time(item.Modified)));
        people.Write(table);
    }
}
