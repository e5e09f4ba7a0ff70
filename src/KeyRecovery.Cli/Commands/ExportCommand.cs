using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Files;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>export</c>: all that there is of the account, in one file for the person whose it is.</summary>
internal static class ExportCommand
{
    public static Command Make()
    {
        var file = new Argument<string>("FILE") { Description = "Where it is written: JSON, for its owner alone" };
        var replace = new Option<bool>("--replace") { Description = "Takes the place of a file that is there" };
        return new Command(
            "export", "Writes all that the server holds on the account, and what this device can open of it")
        {
            file, replace,
        }.Runs((context, parsed, ct) => RunAsync(
            context, parsed.GetRequiredValue(file), parsed.GetValue(replace), ct));
    }

    private static async Task RunAsync(CliContext context, string file, bool replace, CancellationToken ct)
    {
        // Before the server is asked, which gives a few a day.
        if (!replace && FileKinds.Of(file) == FileKind.Plain)
            throw new CommandException(new CliFailure("file-exists", $"{Words.Argument(file)} is there already")
            {
                Advice = ["Choose another name, or say --replace."],
            });
        using var opened = await context.OpenAsync(ct);
        ExportedAccount? written = null;
        await PrivateFile.WriteAsync(
            file, async (stream, end) => written = context.Expect(await opened.Session.ExportAsync(stream, end)), ct,
            replaces: replace);
        context.Output.Result(
            new JsonObject
            {
                ["file"] = file,
                ["items"] = written!.Items,
                ["versions"] = written.Versions,
                ["notOpened"] = written.NotOpened.Select(name => (JsonNode?)name).ToJson(),
            },
            people =>
            {
                people.WriteLine($"{Words.Argument(file)}: {Words.Count(written.Items, "item", "items")}, "
                    + $"{Words.Count(written.Versions, "older version", "older versions")}, and all that the server "
                    + "holds on the account.");
                foreach (var name in written.NotOpened)
                    people.WriteLine($"{Words.Argument(name)}: only its standing is told; its content cannot be had.");
                people.WriteLine(
                    "It has the items as they are: whoever has the file can read them. It opens no account.");
            });
    }
}
