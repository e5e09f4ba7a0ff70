using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// <c>erase</c>, <c>erase status</c>, <c>erase cancel</c>: the end of an account, by one of its devices.
/// </summary>
internal static class EraseCommand
{
    public static Command Make()
    {
        var yes = Consent.Option("Erase without asking");
        var command = new Command("erase", "Erases the account: for good, on all devices, with a receipt") { yes };
        command.Add(
            new Command("status", "Says whether an erasure waits").Runs((context, _, ct) => StatusAsync(context, ct)));
        command.Add(
            new Command("cancel", "Cancels an erasure that waits").Runs((context, _, ct) => CancelAsync(context, ct)));
        return command.Runs((context, parsed, ct) => RunAsync(context, parsed.GetValue(yes), ct));
    }

    private static async Task RunAsync(CliContext context, bool yes, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct, warnsOfErasure: false);
        var vault = opened.Session;
        await Consent.NeedAsync(
            context, yes,
            $"This erases the account and its {Words.Count(vault.Items.Length, "item")} on the server, for all of its "
            + "devices. The recovery code and the passphrase will open nothing. Nobody can bring it back.",
            "Erase it?", ct);
        Tell(context, context.Expect(await vault.RequestErasureAsync(ct)));
    }

    private static async Task StatusAsync(CliContext context, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct, warnsOfErasure: false);
        Tell(context, context.Expect(await opened.Session.ErasureStatusAsync(ct)));
    }

    private static async Task CancelAsync(CliContext context, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct, warnsOfErasure: false);
        Tell(context, context.Expect(await opened.Session.CancelErasureAsync(ct)));
    }

    private static void Tell(CliContext context, ErasureStatus status) => context.Output.Result(
        status switch
        {
            ErasureStatus.Held held =>
                new JsonObject
                {
                    ["state"] = "held",
                    ["requestedAt"] = held.RequestedAt,
                    ["dueInMs"] = (long)held.DueIn.TotalMilliseconds,
                    ["legalHold"] = held.HasLegalHold,
                },
            ErasureStatus.Erased erased =>
                new JsonObject { ["state"] = "erased", ["receipt"] = Base64UrlText.Encode(erased.Receipt.Span) },
            ErasureStatus.Erasing => new JsonObject { ["state"] = "erasing" },
            _ => new JsonObject { ["state"] = "none" },
        },
        people => people.WriteLine(status switch
        {
            ErasureStatus.Held { HasLegalHold: true } held =>
                $"Asked for on {Words.Time(held.RequestedAt)}, and waits: the service is kept from erasing this "
                + "account by a legal hold, of which its support can tell more. The account works until then.",
            ErasureStatus.Held held =>
                $"Asked for on {Words.Time(held.RequestedAt)}; the account is erased on "
                + $"{Words.Time(DateTimeOffset.UtcNow + held.DueIn)}. Until then: keyrecovery erase cancel, on any of "
                    + "its devices.",
            ErasureStatus.Erased erased => $"Erased. The receipt: {Base64UrlText.Encode(erased.Receipt.Span)}",
            ErasureStatus.Erasing =>
                "The account's key is destroyed; what is left of it is being deleted. There is no receipt yet.",
            _ => "No erasure waits.",
        }));
}
