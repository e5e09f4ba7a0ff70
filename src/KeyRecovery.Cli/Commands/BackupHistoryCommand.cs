using System.CommandLine;
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
        var versions = context.Expect(await opened.Session.HistoryAsync(name, ct));
        context.Output.Result(
            new { name, versions = versions.Select(v => new { v.Version, v.IsCurrent, v.ReplacedAt, v.SealedSize }) },
            people =>
            {
                var table = new Table().Border(TableBorder.Simple)
                    .AddColumn(new TableColumn("Version").RightAligned()).AddColumn("Replaced")
                    .AddColumn(new TableColumn("Sealed size").RightAligned());
                foreach (var version in versions)
                {
                    table.AddRow(
                        new Text($"{version.Version}"),
                        new Text(version.ReplacedAt is { } at ? Words.Time(at) : "current"),
                        new Text(Words.Size(version.SealedSize)));
                }
                people.Write(table);
                people.WriteLine(
                    $"To have one back: keyrecovery backup get {Words.Argument(name)} --version N -o FILE");
            });
    }
}
