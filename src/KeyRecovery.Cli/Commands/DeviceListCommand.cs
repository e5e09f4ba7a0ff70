using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>device list</c>: every device and code of the account.</summary>
internal static class DeviceListCommand
{
    public static Command Make() =>
        new Command("list", "Shows the account's devices and codes").Runs((context, _, ct) => RunAsync(context, ct));

    private static async Task RunAsync(CliContext context, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct);
        var authorities = opened.Session.Authorities;
        context.Output.Result(
            new JsonObject { ["devices"] = authorities.Select(AuthorityTable.Json).ToJson() },
            people => AuthorityTable.Write(people, authorities, opened.Mended));
    }
}
