using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Kit;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>account create</c>: makes an account with this home as its first device.</summary>
internal static class AccountCreateCommand
{
    public static Command Make()
    {
        var code = new Option<bool>("--code") { Description = "Make a recovery code with the account" };
        var noCode =
            new Option<bool>("--no-code") { Description = "Make none: if this device is lost, so is everything" };
        var name = DeviceName.Option();
        var kit = new Option<string?>("--kit") {
            HelpName = "FILE", Description = "Write the code as a page to print (HTML); asks for a code",
        };
        var command = new Command(
            "create", "Makes an account with this device as its first") { code, noCode, name, kit };
        command.Validators.Add(result =>
        {
            if (result.GetValue(noCode) && (result.GetValue(code) || result.GetValue(kit) is not null))
                result.AddError("--no-code does not go with --code or --kit");
        });
        return command.Runs(async (context, parsed, ct) =>
        {
            var withCode = await DecideAsync(context, parsed.GetValue(code)
                || parsed.GetValue(kit) is not null, parsed.GetValue(noCode), ct);
            await RunAsync(context, withCode, parsed.GetValue(name)!, parsed.GetValue(kit), ct);
        });
    }

    private static async Task<bool> DecideAsync(CliContext context, bool code, bool noCode, CancellationToken ct)
    {
        if (code || noCode) return code;
        if (!context.Ask.CanAsk)
            throw new CommandException(
                CliFailure.Usage("one of --code and --no-code is required where nobody can be asked"));
        context.Ask.Say(
            "A recovery code brings everything back when this device is lost. It is 32 characters to write down or "
            + "print.");
        return await context.Ask.YesAsync("Make one?", ct);
    }

    private static async Task RunAsync(
        CliContext context, bool withCode, string name, string? kitPath, CancellationToken ct)
    {
        var token = await NeedTokenAsync(context, ct);
        using var kit = KitFile.Open(kitPath);
        using var code = withCode ? FreshCode.Make(context, kit) : null;
        var made = await context.Client.CreateAsync(
            token, new CreateOptions { DeviceName = name, Code = code?.Code }, ct);
        if (!made.TryGet(out _, out var failure)) code?.Told(failure);
        using var vault = context.Expect(made);
        code?.Counts(vault.Account);
        await context.KeepServerAsync(ct);
        var place = await context.Keys.FindPlaceAsync(ct);
        var display = code?.Display;
        context.Output.Result(
            new JsonObject
            {
                ["accountId"] = vault.Account.ToString(),
                ["deviceId"] = vault.Device.ToString(),
                ["deviceName"] = name,
                ["keyStore"] = KeyPlaceText.Word(place),
                ["code"] = display,
                ["kit"] = kit?.Path,
            },
            people =>
            {
                people.WriteLine(
                    $"Account {vault.Account} is made, with this device as its first: {name} "
                    + $"({vault.Device}).");
                if (display is null)
                    people.WriteLine(
                        "It has no recovery code: if this device is lost, so is everything. To make one: keyrecovery "
                        + "code create");
                else people.WriteLine("The code above is its recovery code.");
            });
    }

    private static async Task<string> NeedTokenAsync(CliContext context, CancellationToken ct)
    {
        if (await context.ReadTokenAsync(ct) is { } token) return token;
        if (context.Ask.CanAsk)
        {
            using var typed = await context.Ask.HiddenAsync("The app's token:", ct);
            return new string(typed.Span.Trim());
        }
        throw new CommandException(CliFailure.Usage(
            "--token FILE is required: the app's token for its user",
            "For development: keyrecovery token --subject NAME > FILE"));
    }
}
