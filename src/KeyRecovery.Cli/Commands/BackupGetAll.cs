using System.Security.Cryptography;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// <c>backup get --all</c>: every item into a folder. A file that is there with other content stays as it is, and is
/// told.
/// </summary>
internal static class BackupGetAll
{
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
                Details = new { folder, kept = kept.Select(w => w.Name) },
            });
        }
        context.Output.Result(
            new { folder, items = written.Select(w => new { w.Name, w.Version, w.Size, w.File }) },
            people =>
            {
                var table = new Table().Border(TableBorder.Simple).AddColumns("Item", "Version", "Size", "File");
                foreach (var item in written)
                    table.AddRow(new Text(Words.Safe(item.Name)), new Text($"{item.Version}"),
                        new Text(Words.Size(item.Size)), new Text(item.File));
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
        foreach (var item in items)
        {
            var content = context.Expect(await opened.Session.GetAsync(item.Name, null, ct));
            var file = Path.Combine(folder, PrivateFile.NameFor(item.Name));
            var differs = File.Exists(file)
                && !(await File.ReadAllBytesAsync(file, ct)).AsSpan().SequenceEqual(content);
            if (!differs) await PrivateFile.WriteAsync(file, content, ct);
            written.Add(new Written(item.Name, item.Version, content.Length, file, differs));
            CryptographicOperations.ZeroMemory(content);
            progress.Report((written.Count, items.Length));
        }
        return written;
    }
}
