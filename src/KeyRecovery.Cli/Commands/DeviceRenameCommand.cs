using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>device rename</c>: gives a device or a code another name, which the server never sees.</summary>
internal static class DeviceRenameCommand
{
    public static Command Make()
    {
        var id = AuthorityArgument.Make();
        var name = new Argument<string>("NAME") { Description = "The new name, sealed, at most 64 bytes" };
        return new Command("rename", "Gives a device or a code another name") { id, name }
            .Runs((context, parsed, ct) =>
                RunAsync(context, parsed.GetRequiredValue(id), parsed.GetRequiredValue(name), ct));
    }

    private static async Task RunAsync(CliContext context, string value, string name, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct);
        var before = AuthorityArgument.Find(opened.Session, value);
        var names = new AuthorityNames(opened.Session.Authorities);
        context.Expect(await opened.Session.RenameDeviceAsync(before, name, ct));
        context.Output.Result(
            new JsonObject { ["id"] = before.ToString(), ["name"] = name },
            people => people.WriteLine($"{names.Of(before)} is {name} now."));
    }
}
