using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>code check</c>: the drill. Proves that the code opens every item today, and changes nothing.</summary>
internal static class CodeCheckCommand
{
    public static Command Make() =>
        new Command("check", "Proves that your recovery code brings everything back today; changes nothing")
            .Runs((context, _, ct) => RunAsync(context, ct));

    private static async Task RunAsync(CliContext context, CancellationToken ct)
    {
        var token = await context.ReadTokenAsync(ct);
        using var code = await new CodeInput(context.Ask).ReadAsync(ct);
        using var session = context.Expect(await context.Client.BeginRecoveryAsync(code, token, ct));
        var opened =
            context.Expect(
                await context.Output.WithProgressAsync(
                    "opening every item", progress => session.CheckItemsAsync(progress, ct)));

        var slot = session.Authorities.First(a => a.IsThisDevice);
        var ownAccount = await IsOwnAccountAsync(context, session, ct);
        if (ownAccount == false) context.Output.Note("the code opens another account than the one of this device");
        if (slot.Replace)
            context.Output.Note(
                "the code came in through a device that was stolen later, and may be known there: replace it with code "
                + "create --replace");
        var bytes = session.Items.Sum(i => i.Length);
        context.Output.Result(
            new JsonObject
            {
                ["ok"] = true,
                ["accountId"] = session.Account.ToString(),
                ["items"] = opened,
                ["itemBytes"] = bytes,
                ["codeAdded"] = slot.Added,
                ["lastAuthorityChange"] = session.LastAuthorityChange,
                ["replace"] = slot.Replace,
                ["isThisDevicesAccount"] = ownAccount,
            },
            people =>
            {
                people.WriteLine(
                    $"The code works: it opened {(opened == 1 ? "the one item" : $"all {opened} items")} just now, "
                    + $"{Words.Size(bytes)} in all. Nothing was changed.");
                people.WriteLine($"It was added on {Words.Time(slot.Added)} to account {session.Account}.");
            });
    }

    private static async Task<bool?> IsOwnAccountAsync(
        CliContext context, RecoverySession session, CancellationToken ct)
    {
        using var kept = await context.Store.LoadAsync(ct);
        return kept is null ? null : kept.Account == session.Account;
    }
}
