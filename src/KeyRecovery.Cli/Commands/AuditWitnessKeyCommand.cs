using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Witness;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>audit witness-key</c>: makes a witness's key, and tells its public half.</summary>
internal static class AuditWitnessKeyCommand
{
    public static Command Make()
    {
        var key = new Option<string>("--key") {
            HelpName = "FILE", Description = "The file; made where there is none", Required = true,
        };
        var name = new Option<string?>("--name") { HelpName = "NAME",
            Description = "The name of a key that is made: a URL without its scheme, witness.example.com/one" };
        return new Command("witness-key", "Makes a witness's key, and prints its verifier key") { key, name }
            .Runs((context, parsed, ct) =>
                RunAsync(context, parsed.GetRequiredValue(key), parsed.GetValue(name), ct), usesHome: false);
    }

    private static async Task RunAsync(CliContext context, string path, string? name, CancellationToken ct)
    {
        if (name is not null && !NoteKey.IsName(name))
            throw new CommandException(CliFailure.Usage(
                $"--name takes 1 to {NoteKey.MaxName} bytes without spaces, control characters and +"));
        var isThere = File.Exists(path);
        if (!isThere && name is null)
            throw new CommandException(CliFailure.Usage($"{path} is not there: --name says whose key to make"));
        using var key = isThere
            ? await WitnessKey.ReadAsync(path, ct) : await WitnessKey.CreateAsync(path, name!, ct);
        if (name is not null && name != key.Public.Name)
            throw new CommandException(
                new CliFailure("file-exists", $"{path} is the key of another name: {key.Public.Name}"));
        context.Output.Result(
            new JsonObject { ["vkey"] = key.Public.ToString(), ["made"] = !isThere },
            people => people.WriteUnbroken(key.Public.ToString()));
    }
}
