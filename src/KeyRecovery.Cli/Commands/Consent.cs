using System.CommandLine;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// A person's word before something that cannot be taken back. Where nobody can be asked it is on the command line, or
/// nothing is done.
/// </summary>
internal static class Consent
{
    public static Option<bool> Option(string description) => new("--yes") { Description = description };

    /// <summary>Goes on, or ends the command with nothing done.</summary>
    /// <param name="context">Whom to ask.</param>
    /// <param name="yes">Whether the command line says so.</param>
    /// <param name="warning">What it means.</param>
    /// <param name="question">Yes or no.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task NeedAsync(
        CliContext context, bool yes, string warning, string question, CancellationToken ct)
    {
        if (yes) return;
        if (!context.Ask.CanAsk)
            throw new CommandException(CliFailure.Usage(
                $"{warning} Nobody is there to be asked, so nothing was done", "To do it all the same: --yes"));
        context.Ask.Say(warning);
        if (!await context.Ask.YesAsync(question, ct))
            throw new CommandException(new CliFailure("cancelled", "nothing was done"));
    }

    /// <summary>
    /// Asks where whatever goes is the last way in besides this device. A code, a passphrase or another device is one;
    /// where there was none before, there is nothing to lose.
    /// </summary>
    public static Task BeforeLastWayAsync(
        CliContext context, VaultSession vault, bool yes, Func<AuthorityInfo, bool> goes, CancellationToken ct) =>
        IsLastWay(vault, goes)
            ? NeedAsync(
                context, yes,
                "This is the last way into the account besides this device: no code, no passphrase and no other device "
                + "is left, and if this device is lost, so is everything.",
                "Remove it all the same?", ct)
            : Task.CompletedTask;

    /// <summary>Whether nothing but this device opens the account once something is gone, and something does now.
    /// </summary>
    public static bool IsLastWay(VaultSession vault, Func<AuthorityInfo, bool> goes)
    {
        var others = vault.Authorities.Where(a => !a.IsThisDevice).ToList();
        return others.Count > 0 && others.All(goes);
    }
}
