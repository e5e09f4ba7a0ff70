using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>backup put</c>: stores a file under a name.</summary>
internal static class BackupPutCommand
{
    public static Command Make()
    {
        var name =
            new Argument<string>("NAME") { Description = $"The item's name, sealed, at most {Limits.NameBytes} bytes" };
        var file = new Argument<string>("FILE") { Description = "What to store, - for standard input" };
        return new Command("put", "Stores a file; durable on the server when it returns") { name, file }
            .Runs((context, parsed, ct) =>
                RunAsync(context, parsed.GetRequiredValue(name), parsed.GetRequiredValue(file), ct));
    }

    private static async Task RunAsync(CliContext context, string name, string file, CancellationToken ct)
    {
        var content = await ReadAsync(file, ct);
        using var opened = await context.OpenAsync(ct);
        try
        {
            var put = await opened.Session.PutAsync(name, content, ct);
            if (put is Result<ItemInfo>.Failed { Failure: ClientFailure.Conflict conflict })
                throw new CommandException(ConflictText.Of(conflict, opened.Session, file));
            var item = context.Expect(put);
            context.Output.Result(
                new JsonObject
                {
                    ["name"] = item.Name,
                    ["version"] = item.Version,
                    ["size"] = item.Length,
                    ["modified"] = item.Modified,
                },
                people =>
                {
                    people.WriteLine(
                        $"{item.Name}: {Words.Size(item.Length)} stored as version {item.Version}.");
                    if (item.Version > 1)
                        people.WriteLine(
                            $"Version {item.Version - 1} can be had back for {Limits.OldVersionDays} days: "
                            + $"keyrecovery backup history {Words.Argument(item.Name)}");
                });
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    private static Task<byte[]> ReadAsync(string file, CancellationToken ct) => BoundedFile.ReadAsync(
        file, Limits.MaxItemBytes, size => LimitText.Item(Limits.MaxItemBytes, size), ct);
}
