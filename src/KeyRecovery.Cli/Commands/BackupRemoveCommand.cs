using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>backup remove</c>: removes an item.</summary>
internal static class BackupRemoveCommand
{
    public static Command Make()
    {
        var name = new Argument<string>("NAME") { Description = "The item's name" };
        return new Command("remove", "Removes an item") { name }
            .Runs((context, parsed, ct) => RunAsync(context, parsed.GetRequiredValue(name), ct));
    }

    private static async Task RunAsync(CliContext context, string name, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct);
        var removed = await opened.Session.RemoveAsync(name, ct);
        if (removed is Result<VaultSession>.Failed { Failure: ClientFailure.Conflict conflict })
            throw new CommandException(ConflictText.Of(conflict, opened.Session, null));
        context.Expect(removed);
        context.Output.Result(
            new JsonObject { ["name"] = name, ["removed"] = true, ["items"] = opened.Session.Items.Length },
            people => people.WriteLine(
                $"{name} is removed. Left: {Words.Count(opened.Session.Items.Length, "item")}."));
    }
}
