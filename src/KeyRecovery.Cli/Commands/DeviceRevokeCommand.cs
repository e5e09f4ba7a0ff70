using System.CommandLine;
using KeyRecovery.Cli.Failures;
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
        return new Command(
            "revoke", "Locks a device or a code out; the recovery code is not asked for and stays good") { id, stolen }
            .Runs((context, parsed, ct) => RunAsync(context, parsed.GetRequiredValue(id), parsed.GetValue(stolen), ct));
    }

    private static async Task RunAsync(CliContext context, string value, bool stolen, CancellationToken ct)
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
        var done = context.Expect(await vault.RevokeAsync([named.Id], stolen, ct: ct));
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
