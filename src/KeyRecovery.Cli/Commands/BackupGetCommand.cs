using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Files;
using KeyRecovery.Cli.Input;
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
        var hash = new Option<string?>("--hash")
        {
            HelpName = "HASH", Description = "A version that an undo took back, by how its hash begins",
        };
        var all = new Option<string?>("--all") {
            HelpName = "DIR", Description = "Bring every item back, into a folder",
        };
        var command = new Command("get", "Brings an item back, or all of them") { name, file, version, hash, all };
        command.Validators.Add(result =>
        {
            // Whether it is there: a value that does not read has no value to be asked for.
            bool Has(Option option) => result.GetResult(option) is { Implicit: false };
            var everything = Has(all);
            if (everything
                && (result.GetValue(name) is not null || Has(file) || Has(version) || Has(hash)))
                result.AddError("--all goes with neither a name nor -o, --version or --hash");
            else if (Has(version) && Has(hash))
                result.AddError("--version and --hash contradict each other");
            else if (!everything && result.GetValue(name) is null)
                result.AddError("name an item, or bring back all: --all DIR");
        });
        return command.Runs((context, parsed, ct) => parsed.GetValue(all) is { } folder
            ? BackupGetAll.RunAsync(context, folder, ct)
            : RunAsync(context, parsed.GetRequiredValue(name)!, parsed.GetValue(file), parsed.GetValue(version),
                parsed.GetValue(hash), ct));
    }

    private static async Task RunAsync(
        CliContext context, string name, string? file, ulong? version, string? hash, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct);
        var vault = opened.Session;
        var byHash = hash is null ? null : HashBeginning.Find(
            context.Expect(await vault.HistoryAsync(name, ct)), v => v.Hash, "--hash", hash,
            $"keyrecovery backup history {Words.Argument(name)} shows them.");
        var content = context.Expect(
            byHash is null ? await vault.GetAsync(name, version, ct)
                : await vault.GetVersionAsync(name, byHash.Hash, ct));
        try
        {
            if (file is not null) await PrivateFile.WriteAsync(file, content, ct);
            else if (!context.Output.IsJson) WriteOut(content);
            var number = byHash?.Version ?? version ?? vault.FindItem(name)!.Version;
            context.Output.Result(
                new JsonObject
                {
                    ["name"] = name,
                    ["version"] = number,
                    ["size"] = content.Length,
                    ["file"] = file,
                    ["content"] = file is null ? Convert.ToBase64String(content) : null,
                },
                people =>
                {
                    if (file is not null)
                        people.WriteLine(
                            $"{name}, version {number}: {Words.Size(content.Length)} written to {file}.");
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
        if (RawOutput.IsTerminal && content.Any(b => b is < 0x20 and not ((byte)'\n' or (byte)'\t') or > 0x7e))
            throw new CommandException(
                CliFailure.Usage(
                    "the item is not plain text and does not belong on a terminal: write it to a file with -o FILE"));
        RawOutput.WriteBytes(content);
    }
}
