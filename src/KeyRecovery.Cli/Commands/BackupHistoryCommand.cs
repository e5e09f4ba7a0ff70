using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>backup history</c>: the versions of an item that can be had back.</summary>
internal static class BackupHistoryCommand
{
    public static Command Make()
    {
        var name = new Argument<string>("NAME") { Description = "The item's name" };
        return new Command("history", "Lists the versions of an item that can be had back") { name }
            .Runs((context, parsed, ct) => RunAsync(context, parsed.GetRequiredValue(name), ct));
    }

    private static async Task RunAsync(CliContext context, string name, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct);
        var names = new AuthorityNames(opened.Session.Authorities);
        var versions = ItemHistory.Of(context.Expect(await opened.Session.HistoryAsync(name, ct)));
        context.Output.Result(
            new JsonObject { ["name"] = name, ["versions"] = versions.Select(v => Json(v, names)).ToJson() },
            people =>
            {
                var table = new Table().Border(TableBorder.Simple)
                    .AddColumn(new TableColumn("Version").RightAligned()).AddColumn("Replaced").AddColumn("Writer")
                    .AddColumn(new TableColumn("Sealed size").RightAligned()).AddColumn(new TableColumn("").NoWrap());
                foreach (var (version, isLeft) in versions)
                {
                    table.AddRow(
                        Terminal.Cell($"{version.Version}"),
                        Terminal.Cell(version.ReplacedAt is { } at ? Words.Time(at) : "current"),
                        Terminal.Cell(version.Writer is { } writer ? names.Of(writer) : "-"),
                        Terminal.Cell(Words.Size(version.SealedSize)),
                        isLeft ? Terminal.Cell("undone", Words.Hash(version.Hash)) : Terminal.Cell(""));
                }
                people.Write(table);
                people.WriteLine(
                    $"To have one back: keyrecovery backup get {Words.Argument(name)} --version N -o FILE");
                if (versions.Any(v => v.IsLeft))
                    people.WriteLine("One that an undo took back: --hash, with what stands beside it, for --version N");
            });
    }

    private static JsonObject Json((ItemVersionInfo Version, bool IsLeft) entry, AuthorityNames names)
    {
        var (version, isLeft) = entry;
        return new JsonObject
        {
            ["version"] = version.Version,
            ["isCurrent"] = version.IsCurrent,
            ["replacedAt"] = version.ReplacedAt,
            ["sealedSize"] = version.SealedSize,
            ["hash"] = version.Hash.ToString(),
            ["writer"] = version.Writer is { } writer ? names.Json(writer) : null,
            ["undone"] = isLeft,
        };
    }
}
