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
        using var opened = await context.OpenAsync(ct);
        var vault = opened.Session;
        var before = vault.Authorities.ToDictionary(a => a.Id);
        var named = AuthorityArgument.Find(vault, value);
        var along = vault.PlanRevocation([named.Id], stolen).AddedByThem;
        if (!along.IsEmpty && context.Ask.CanAsk
            && !await context.Ask.YesAsync(
                $"{Words.List(along.Select(id => Words.Name(before[id])))} came in through it and is removed as well. "
                + "Go on?", ct))
        {
            throw new CommandException(new CliFailure("cancelled", "nothing was removed"));
        }
        using var code = withCode ? await new CodeInput(context.Ask).ReadAsync(ct) : null;
        var done = context.Expect(
            code is null
                ? await vault.RevokeAsync([named.Id], stolen, ct: ct)
                : await vault.RevokeWithCodeAsync([named.Id], code, await context.ReadTokenAsync(ct), stolen, ct: ct));
        string NameOf(Protocol.Wire.AuthorityId id) =>
            before.TryGetValue(id, out var known) ? Words.Name(known) : id.ToString();
        context.Output.Result(
            new { removed = done.Removed.Select(id => id.ToString()),
                replace = done.Replace.Select(id => id.ToString()), done.Epoch },
            people =>
            {
                people.WriteLine(
                    $"Locked out: {Words.List(done.Removed.Select(NameOf))}. What is stored from now on is sealed "
                    + $"under new keys (epoch {done.Epoch}).");
                if (done.Replace.IsEmpty) people.WriteLine("The recovery code stays good; keep the paper.");
                else people.WriteLine(
                    $"Made on a stolen device: {Words.List(done.Replace.Select(NameOf))}. Replace it: keyrecovery "
                    + "code create --replace");
            });
    }
}
