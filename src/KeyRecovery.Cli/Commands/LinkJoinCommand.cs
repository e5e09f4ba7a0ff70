using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Files;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Linking;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// <c>link scan</c> and <c>link type</c>: makes this home a device of the account whose other device shows a code.
/// </summary>
internal static class LinkJoinCommand
{
    public static Command Scan()
    {
        var payload =
            new Argument<string?>("PAYLOAD") {
                Description = "What the QR code says; read from standard input where left out",
                Arity = ArgumentArity.ZeroOrOne,
            };
        var image = new Option<string?>("--image") {
            HelpName = "FILE", Description = "A picture of the QR code, read by zbarimg",
        };
        var command = new Command(
            "scan", "Takes the account over from a device that shows a QR code") { payload, image };
        command.Validators.Add(result =>
        {
            if (result.GetValue(payload) is not null && result.GetValue(image) is not null)
                result.AddError("--image does not go with a payload");
        });
        return With(command, async (context, parsed, ct) =>
        {
            var text = parsed.GetValue(image) is { } file
                ? await QrImage.ReadAsync(file, ct) : parsed.GetValue(payload);
            return Read(text ?? await LinkInput.LineAsync(context.Ask, "What the QR code says:", ct));
        });
    }

    public static Command Type() => With(
        new Command("type", "Takes the account over from a device that shows 17 characters"),
        async (context, _, ct) =>
        {
            using var typed = await LinkInput.TypedAsync(context.Ask, ct);
            return context.Expect(await context.Client.FindLinkCodeAsync(typed, ct));
        });

    private static Command With(Command command, Func<CliContext, ParseResult, CancellationToken, Task<LinkCode>> read)
    {
        var name = DeviceName.Option();
        var bundle = new Option<string?>("--bundle") { HelpName = "FILE",
            Description = "Where to write what the other device hands over besides the account (0600)" };
        command.Add(name);
        command.Add(bundle);
        return command.Runs(async (context, parsed, ct) =>
        {
            using var code = await read(context, parsed, ct);
            await RunAsync(context, code, parsed.GetValue(name)!, parsed.GetValue(bundle), ct);
        });
    }

    private static async Task RunAsync(
        CliContext context, LinkCode code, string name, string? bundleFile, CancellationToken ct)
    {
        var join = new LinkJoin { DeviceName = name, Platform = Platform,
            ShowDigits = (digits, left) => ShowDigits(context.Output, digits, left) };
        var result = await context.Client.LinkAsync(code, join, ct);
        // The home may be a device's by then, and the next command has to find its account.
        if (result is Result<Linked>.Failed { Failure: ClientFailure.LinkUnfinished })
            await context.KeepServerAsync(ct);
        var linked = context.Expect(result);
        using var vault = linked.Vault;
        using var bundle = linked.Bundle;
        await context.KeepServerAsync(ct);
        if (linked.IsFromBefore)
            context.Output.Note(
                "the attempt before this one went through after all: nothing more had to be done, and no code was "
                + "used. Stop the other device's command");
        context.WarnOfErasure(vault);
        if (bundleFile is not null && !linked.IsFromBefore)
            await PrivateFile.WriteAsync(bundleFile, bundle.Span.ToArray(), ct);
        context.Output.Result(
            new JsonObject
            {
                ["accountId"] = vault.Account.ToString(), ["deviceId"] = vault.Device.ToString(), ["deviceName"] = name,
                ["epoch"] = vault.Epoch, ["version"] = vault.Version,
                ["items"] = vault.Items.Select(ItemTable.Json).ToJson(), ["bundleBytes"] = bundle.Length,
                ["bundle"] = bundleFile is null && bundle.Length > 0 ? Convert.ToBase64String(bundle.Span) : null,
                ["bundleFile"] = linked.IsFromBefore ? null : bundleFile,
                ["isFromBefore"] = linked.IsFromBefore,
            },
            people =>
            {
                people.WriteLine($"This device is {name} of account {vault.Account} now.");
                if (linked.IsFromBefore)
                    people.WriteLine("The app's own keys were handed over before, or not at all.");
                else if (bundleFile is not null)
                    people.WriteLine($"The app's own keys, {Words.Size(bundle.Length)}, are written to {bundleFile}.");
                else if (bundle.Length > 0)
                    people.WriteLine(
                        $"The app's own keys, {Words.Size(bundle.Length)}, came along and are not kept: --bundle FILE "
                        + "keeps them.");
                if (!vault.Items.IsEmpty) ItemTable.Write(people, vault.Items);
            });
    }

    private static void ShowDigits(IOutput output, string digits, int left) => output.Step(
        new JsonObject { ["digits"] = digits, ["triesLeft"] = left },
        people =>
        {
            if (left < LinkLimits.DigitTries)
                people.WriteLine($"Other digits were typed there. {Words.Count(left, "try", "tries")} left.");
            people.WriteLine($"Type these digits on the other device:   {digits[..3]} {digits[3..]}");
            people.WriteLine("Does that device not ask for them? Then it is not yours: press Ctrl+C. Waiting …");
        });

    private static LinkCode Read(string text) => LinkCode.Parse(text) switch
    {
        LinkCodeParse.Ok ok => ok.Code,
        LinkCodeParse.NotALinkCode =>
            throw Problem("link-code-other", "this is no link code",
                "A link code begins with KRL1: and is shown by keyrecovery link show."),
        LinkCodeParse.UnknownVersion =>
            throw Problem(
                "link-code-version", "the link code is of a newer kind than this program knows", "Update keyrecovery."),
        LinkCodeParse.UnsafeKey =>
            throw Problem(
                "link-code-unsafe", "the link code was made to be attacked: nobody makes such a one by accident"),
        _ => throw Problem("link-code-unreadable", "the link code is damaged or cut off", "Scan it again, whole."),
    };

    private static CommandException Problem(string slug, string message, params string[] advice) =>
        new(new CliFailure(slug, message) { Advice = [.. advice, "Nothing was sent."] });

    private static string Platform => OperatingSystem.IsWindows()
        ? "Windows" : OperatingSystem.IsMacOS() ? "macOS" : OperatingSystem.IsLinux() ? "Linux" : "another system";
}
