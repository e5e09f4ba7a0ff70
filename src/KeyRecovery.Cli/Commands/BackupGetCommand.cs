using System.CommandLine;
using System.Security.Cryptography;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>backup get</c>: brings an item back, or all of them.</summary>
internal static class BackupGetCommand
{
    public static Command Make()
    {
        var name = new Argument<string?>("NAME") { Description = "The item's name", Arity = ArgumentArity.ZeroOrOne };
        var file = new Option<string?>("--output",
            "-o") { HelpName = "FILE", Description = "Where to write it (0600) [default: standard output]" };
        var version = NumberOption.Make<ulong>("--version", "N", "An older version");
        var all = new Option<string?>("--all") {
            HelpName = "DIR", Description = "Bring every item back, into a folder",
        };
        var command = new Command("get", "Brings an item back, or all of them") { name, file, version, all };
        command.Validators.Add(result =>
        {
            var everything = result.GetValue(all) is not null;
            if (everything
                && (result.GetValue(name) is not null || result.GetValue(file) is not null
                    || result.GetValue(version) is not null))
                result.AddError("--all goes with neither a name nor -o nor --version");
            else if (!everything && result.GetValue(name) is null)
                result.AddError("name an item, or bring back all: --all DIR");
        });
        return command.Runs((context, parsed, ct) => parsed.GetValue(all) is { } folder
            ? BackupGetAll.RunAsync(context, folder, ct)
            : RunAsync(context, parsed.GetRequiredValue(name)!, parsed.GetValue(file), parsed.GetValue(version), ct));
    }

    private static async Task RunAsync(
        CliContext context, string name, string? file, ulong? version, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct);
        var content = context.Expect(await opened.Session.GetAsync(name, version, ct));
        try
        {
            if (file is not null) await PrivateFile.WriteAsync(file, content, ct);
            else if (!context.Output.IsJson) WriteOut(content);
            var number = version ?? opened.Session.Items.First(i => i.Name == name).Version;
            context.Output.Result(
                new { name, version = number, size = content.Length, file, content = file is null
                    ? Convert.ToBase64String(content) : null },
                people =>
                {
                    if (file is not null)
                        people.WriteLine(
                            $"{Words.Safe(name)}, version {number}: {Words.Size(content.Length)} written to {file}.");
                });
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    // Keys are no text: a terminal would take some of their bytes for commands.
    private static void WriteOut(byte[] content)
    {
        if (!Console.IsOutputRedirected && content.Any(b => b is < 0x20 and not ((byte)'\n' or (byte)'\t') or > 0x7e))
            throw new CommandException(
                CliFailure.Usage(
                    "the item is not plain text and does not belong on a terminal: write it to a file with -o FILE"));
        using var output = Console.OpenStandardOutput();
        output.Write(content);
    }
}
