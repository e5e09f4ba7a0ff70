using System.Security.Cryptography;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Files;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// <c>backup get --all</c>: every item into a folder. A file that is there with other content stays as it is, and is
/// told.
/// </summary>
internal static class BackupGetAll
{
    // One answer of the server, as a rule.
    private const long PortionBytes = 2 * 1024 * 1024;

    private sealed record Written(string Name, ulong Version, long Size, string File, bool Differs);

    public static async Task RunAsync(CliContext context, string folder, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct);
        PrivateFile.MakeFolder(folder);
        var written = await context.Output.WithProgressAsync(
            "bringing back", progress => FetchAsync(context, opened, folder, progress, ct));
        var kept = written.Where(w => w.Differs).ToList();
        if (kept.Count > 0)
        {
            throw new CommandException(new CliFailure("file-exists",
                $"{Words.Count(written.Count - kept.Count, "item")} brought back, {Words.Count(kept.Count, "file")} "
                + "left alone that differ from the backup")
            {
                Advice = [.. kept.Select(w => $"left alone: {w.File}"),
                    "Choose another folder, or bring them back one by one: backup get NAME -o FILE"],
                Details = new JsonObject { ["folder"] = folder, ["kept"] = kept.Select(w => w.Name).ToJson() },
            });
        }
        context.Output.Result(
            new JsonObject
            {
                ["folder"] = folder,
                ["items"] = written.Select(w => new JsonObject
                {
                    ["name"] = w.Name,
                    ["version"] = w.Version,
                    ["size"] = w.Size,
                    ["file"] = w.File,
                }).ToJson(),
            },
            people =>
            {
                var table = new Table().Border(TableBorder.Simple).AddColumns("Item", "Version", "Size", "File");
                foreach (var item in written)
                    table.AddRow(Terminal.Cell(item.Name), Terminal.Cell($"{item.Version}"),
                        Terminal.Cell(Words.Size(item.Size)), Terminal.Cell(item.File));
                if (written.Count > 0) people.Write(table);
                people.WriteLine($"{Words.Count(written.Count, "item")} brought back to {folder}.");
            });
    }

    private static async Task<List<Written>> FetchAsync(
        CliContext context, OpenedVault opened, string folder, IProgress<(int Done, int Of)> progress,
        CancellationToken ct)
    {
        var items = opened.Session.Items;
        List<Written> written = [];
        // What has come is written before more is asked for: whoever is cut off has that much.
        foreach (var names in Portions(items))
        {
            var got = context.Expect(await opened.Session.GetAllAsync(names, null, ct));
            foreach (var (item, content) in got)
            {
                written.Add(await WriteAsync(item, content, folder, ct));
                CryptographicOperations.ZeroMemory(content);
                progress.Report((written.Count, items.Length));
            }
        }
        return written;
    }

    private static async Task<Written> WriteAsync(
        ItemInfo item, byte[] content, string folder, CancellationToken ct)
    {
        var file = Path.Combine(folder, PrivateFile.NameFor(item.Name));
        var differs = new FileInfo(file) is { Exists: true, Length: var length } && (length != content.Length
            || !(await File.ReadAllBytesAsync(file, ct)).AsSpan().SequenceEqual(content));
        if (!differs) await PrivateFile.WriteAsync(file, content, ct);
        return new Written(item.Name, item.Version, content.Length, file, differs);
    }

    private static IEnumerable<List<string>> Portions(IEnumerable<ItemInfo> items)
    {
        var (names, bytes) = (new List<string>(), 0L);
        foreach (var item in items)
        {
            if (names.Count > 0 && bytes + item.Length > PortionBytes)
            {
                yield return names;
                (names, bytes) = ([], 0);
            }
            names.Add(item.Name);
            bytes += item.Length;
        }
        if (names.Count > 0) yield return names;
    }
}
