using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Files;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Kit;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Linking;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>link show</c>: shows a code, and adds the device that uses it.</summary>
internal static class LinkShowCommand
{
    private const int DefaultMinutes = 10;

    public static Command Make()
    {
        var png = new Option<string?>("--png") {
            HelpName = "FILE", Description = "Write the QR code as an image too, for as long as it is good",
        };
        var bundle = new Option<string?>("--bundle") { HelpName = "FILE",
            Description = "What to hand over besides the account: the app's own keys, at most 200 KiB" };
        var minutes = NumberOption.Make<int>(
            "--minutes", "N",
            $"How long to go on with fresh codes while nobody uses them, at a terminal [default: {DefaultMinutes}]",
            "1 to 60", 1, 60);
        var yes = Consent.Option("Add the device whose digits are typed without asking once more");
        return new Command("show", "Shows a code for a new device, and adds that device") { png, bundle, minutes, yes }
            .Runs((context, parsed, ct) => RunAsync(
                context, parsed.GetValue(yes), parsed.GetValue(png), parsed.GetValue(bundle),
                TimeSpan.FromMinutes(parsed.GetValue(minutes) ?? DefaultMinutes), ct));
    }

    private static async Task RunAsync(
        CliContext context, bool yes, string? png, string? bundleFile, TimeSpan longest, CancellationToken ct)
    {
        var bundle = bundleFile is null
            ? [] : await BoundedFile.ReadAsync(bundleFile, LinkLimits.BundleBytes, LimitText.Bundle, ct);
        using var opened = await context.OpenAsync(ct);
        try
        {
            var linked = await LinkAsync(context, opened, yes, png, bundle, longest, ct);
            context.Output.Result(
                new JsonObject
                {
                    ["deviceId"] = linked.Id.ToString(),
                    ["deviceName"] = linked.Name,
                    ["platform"] = linked.Platform,
                    ["bundleBytes"] = bundle.Length,
                },
                people =>
                {
                    people.WriteLine($"{linked.Name} is a device of the account now, and has everything.");
                    people.WriteLine(
                        $"Was that not you? Lock it out at once: keyrecovery device revoke {linked.Id} --stolen");
                });
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(bundle);
        }
    }

    // A code that nobody used is replaced by a fresh one, where somebody looks on.
    private static async Task<LinkedDevice> LinkAsync(
        CliContext context, OpenedVault opened, bool yes, string? png, byte[] bundle, TimeSpan longest,
        CancellationToken ct)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            await using var link = context.Expect(await opened.Session.BeginLinkAsync(typed: true, ct));
            if (png is not null) await PrivateFile.WriteAsync(png, QrSymbol.ToPng(link.QrText), ct);
            try
            {
                Show(context.Output, link);
                var (isClaimed, isApproved) = (false, false);
                using var countdown = Countdown.Start(context.Output, () => link.ExpiresIn, Waiting);
                var approval = Approval(
                    context, yes,
                    onClaimed: () =>
                    {
                        isClaimed = true;
                        countdown.Dispose();
                    },
                    onApproved: () => isApproved = true);
                var result = await link.RunAsync(approval, bundle, ct);
                countdown.Dispose();
                if (isApproved && result is Result<LinkedDevice>.Failed failed)
                    throw new CommandException(HalfDone(failed.Failure, context));
                if (result is not Result<LinkedDevice>.Failed { Failure: ClientFailure.LinkGone } || isClaimed
                    || !context.Ask.CanAsk)
                    return context.Expect(result);
                if (TimeProvider.System.GetElapsedTime(began) >= longest) throw new CommandException(Unused(longest));
                context.Output.Note("nobody has used that code, and it has expired; here is a fresh one");
            }
            finally
            {
                if (png is not null) File.Delete(png);
            }
        }
    }

    private static CliFailure Unused(TimeSpan longest) =>
        new("link-unused",
            $"no device has used a code in {Words.Count((long)longest.TotalMinutes, "minute")}, and the last one has "
            + "expired")
        {
            Advice = ["Nothing has changed.", "Begin again with the new device at hand: keyrecovery link show"],
        };

    private static CliFailure HalfDone(ClientFailure failure, CliContext context) =>
        FailureText.Of(failure, context) with
    {
        Advice =
        [
            "The new device may be in the account by now, with the app's keys or without. See who is there: "
            + "keyrecovery device list",
            "Is it not to stay? keyrecovery device revoke ID",
        ],
    };

    private static string Waiting(TimeSpan left) =>
        $"Good for {(int)left.TotalMinutes}:{left.Seconds:00}. Show it to nobody else. Waiting for the new device …";

    private static void Show(IOutput output, ExistingDeviceLink link) => output.Step(
        new JsonObject
        {
            ["payload"] = link.QrText,
            ["typed"] = link.TypedText,
            ["expiresInMs"] = (long)link.ExpiresIn.TotalMilliseconds,
        },
        people =>
        {
            people.WriteLine("On the new device, with the same app: keyrecovery link scan");
            people.WriteLine();
            CodeCard.WriteQr(people, QrSymbol.OfLink(link.QrText));
            people.WriteLine();
            // On a line of its own: a narrow terminal must not break it.
            people.WriteLine("Without a camera: keyrecovery link type, and these 17 characters:");
            people.WriteLine();
            people.WriteLine($"    {link.TypedText}");
            people.WriteLine();
        });

    private static LinkApproval Approval(
        CliContext context, bool yes, Action onClaimed, Action onApproved) => new()
    {
        OnClaimed = onClaimed,
        AskDigits = async (left, ct) =>
        {
            context.Output.Step(
                new JsonObject { ["needsDigits"] = true, ["triesLeft"] = left },
                people => people.WriteLine(left == 3 ? "The new device shows six digits."
                    : $"Those were other digits. {Words.Count(left, "try", "tries")} left."));
            return context.Output.IsJson
                ? await Task.Run(Ask.ReadLine, CancellationToken.None)
                    .WaitAsync(ct) ?? throw new EndOfStreamException("nobody typed the digits")
                : await context.Ask.LineAsync("Type them here:", ct);
        },
        // Digits show which device it is, and not that it is to have the account: a machine says so as a person does.
        Consent = async (candidate, ct) =>
        {
            context.Output.Step(
                new JsonObject
                {
                    ["name"] = candidate.Name,
                    ["platform"] = candidate.Platform,
                    ["network"] = candidate.Network?.ToString(),
                    ["needsConsent"] = !yes,
                },
                people =>
                {
                    people.WriteLine(
                        $"The digits hold. It calls itself {candidate.Name} "
                        + $"({candidate.Platform}).");
                    people.WriteLine(candidate.Network is { } network
                        ? $"The server says that it is on the network {network}."
                        : "The server does not say on which network it is.");
                });
            var isApproved = yes || (context.Output.IsJson
                ? await Task.Run(Ask.ReadLine, CancellationToken.None).WaitAsync(ct) is "yes"
                : await context.Ask.YesAsync("Give it this account with all its keys?", ct));
            if (isApproved) onApproved();
            return isApproved;
        },
    };
}
