using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Invocation;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// <c>passphrase pause</c>, <c>resume</c>, <c>remove</c>, <c>move</c> and <c>object</c>: what a device does with it
/// without knowing it.
/// </summary>
internal static class PassphraseSwitchCommand
{
    public static Command Pause() => Make(
        "pause", "Lets nobody guess until it is resumed", "paused",
        "The passphrase is paused: no server takes a guess. To end that: keyrecovery passphrase resume",
        (_, manager, ct) => manager.PauseAsync(ct));

    public static Command Resume() => Make(
        "resume", "Ends a pause", "resumed", "The passphrase works again, with the guesses that were left.",
        (_, manager, ct) => manager.ResumeAsync(ct));

    public static Command Remove()
    {
        var yes = Consent.Option("Remove it without asking, also where it is the last way in");
        var command = new Command("remove", "Removes the passphrase from the account and from every server") { yes };
        return Runs(
            command, "removed", "The passphrase is removed, and what is stored from now on is sealed under new keys.",
            (_, manager, ct) => manager.RemoveAsync(ct),
            (context, vault, parsed, ct) => Consent.BeforeLastWayAsync(
                context, vault, parsed.GetValue(yes), a => a.Kind == AuthorityKind.Passphrase, ct));
    }

    public static Command Move() => Make(
        "move", "Gives the passphrase to your new login, after the app has moved you to another issuer", "moved",
        "The servers take guesses from the new login, and from the old one no more.",
        async (context, manager, ct) => await manager.MoveAsync(await context.NeedTokenAsync(ct), ct));

    public static Command Object() => Make(
        "object", "Objects to a receipt of the account's erasure that the servers were brought", "objected",
        "No server destroys the passphrase for that receipt.", (_, manager, ct) => manager.ObjectAsync(ct));

    private static Command Make(
        string name, string description, string done, string told,
        Func<CliContext, PassphraseManager, CancellationToken, Task<Result<Done>>> work) =>
        Runs(new Command(name, description), done, told, work, (_, _, _, _) => Task.CompletedTask);

    private static Command Runs(
        Command command, string done, string told,
        Func<CliContext, PassphraseManager, CancellationToken, Task<Result<Done>>> work,
        Func<CliContext, VaultSession, ParseResult, CancellationToken, Task> consent) =>
        command.Runs(async (context, parsed, ct) =>
        {
            using var opened = await context.OpenAsync(ct);
            await consent(context, opened.Session, parsed, ct);
            context.Expect(await work(context, opened.Session.Passphrase, ct));
            context.Output.Result(new JsonObject { [done] = true }, people => people.WriteLine(told));
        });
}
