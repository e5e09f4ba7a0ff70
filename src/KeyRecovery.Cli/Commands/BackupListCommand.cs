using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>backup list</c>: the items by name.</summary>
internal static class BackupListCommand
{
    public static Command Make() =>
        new Command("list", "Lists the items").Runs((context, _, ct) => RunAsync(context, ct));

    private static async Task RunAsync(CliContext context, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct);
        var vault = opened.Session;
        context.Output.Result(
            new JsonObject
            {
                ["accountId"] = vault.Account.ToString(),
                ["items"] = vault.Items.Select(ItemTable.Json).ToJson(),
                ["lostItems"] = vault.LostItems.ToJson(),
            },
            people =>
            {
                if (vault.Items.IsEmpty) people.WriteLine("There are no items yet: keyrecovery backup put NAME FILE");
                else ItemTable.Write(people, vault.Items);
            });
    }
}
