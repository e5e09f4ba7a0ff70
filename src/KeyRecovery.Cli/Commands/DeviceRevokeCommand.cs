using System.CommandLine;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>device revoke</c>: locks a device or a code out.</summary>
internal static class DeviceRevokeCommand
{
    public static Command Make()
    {
        var id = AuthorityArgument.Make();
        var stolen =
            new Option<bool>("--stolen") {
                Description = "Strangers may have used it: remove what it added too, and mark codes made on it",
            };
        var withCode =
            new Option<bool>("--with-code") {
                Description =
                    "Sign with the recovery code: a device that is new to the account removes nobody by itself",
            };
        return new Command(
            "revoke", "Locks a device or a code out; the recovery code stays good, and is asked for only if you say so")
            { id, stolen, withCode }
            .Runs((context, parsed, ct) => RunAsync(
                context, parsed.GetRequiredValue(id), parsed.GetValue(stolen), parsed.GetValue(withCode), ct));
    }

    private static async Task RunAsync(
        CliContext context, string value, bool stolen, bool withCode, CancellationToken ct)
    {
        context.TakesCode = !withCode;
        using var opened = await context.OpenAsync(ct);
        var vault = opened.Session;
        var names = new AuthorityNames(vault.Authorities);
        var named = AuthorityArgument.Find(vault, value);
        var along = vault.PlanRevocation([named], stolen).AddedByThem;
        if (!along.IsEmpty && context.Ask.CanAsk
            && !await context.Ask.YesAsync(
                $"{names.Of(along)} came in through it and is removed as well. "
                + "Go on?", ct))
        {
            throw new CommandException(new CliFailure("cancelled", "nothing was removed"));
        }
        using var code = withCode ? await new CodeInput(context.Ask).ReadAsync(ct) : null;
        var done = context.Expect(
            code is null
                ? await vault.RevokeAsync([named], stolen, ct: ct)
                : await vault.RevokeWithCodeAsync([named], code, await context.ReadTokenAsync(ct), stolen, ct: ct));
        context.Output.Result(
            new { removed = done.Removed.Select(id => id.ToString()),
                replace = done.Replace.Select(id => id.ToString()), done.Epoch },
            people =>
            {
                people.WriteLine(
                    $"Locked out: {names.Of(done.Removed)}. What is stored from now on is sealed "
                    + $"under new keys (epoch {done.Epoch}).");
                if (done.Replace.IsEmpty) people.WriteLine("The recovery code stays good; keep the paper.");
                else people.WriteLine(
                    $"Made on a stolen device: {names.Of(done.Replace)}. Replace it: keyrecovery "
                    + "code create --replace");
            });
    }
}
