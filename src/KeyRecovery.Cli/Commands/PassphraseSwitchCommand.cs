using System.CommandLine;
using KeyRecovery.Cli.Invocation;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// <c>passphrase pause</c>, <c>resume</c> and <c>remove</c>: what a device does with it without knowing it.
/// </summary>
internal static class PassphraseSwitchCommand
{
    public static Command Pause() => Make(
        "pause", "Lets nobody guess until it is resumed", "paused",
        "The passphrase is paused: no server takes a guess. To end that: keyrecovery passphrase resume",
        (manager, ct) => manager.PauseAsync(ct));

    public static Command Resume() => Make(
        "resume", "Ends a pause", "resumed", "The passphrase works again, with the guesses that were left.",
        (manager, ct) => manager.ResumeAsync(ct));

    public static Command Remove() => Make(
        "remove", "Removes the passphrase from the account and from every server", "removed",
        "The passphrase is removed, and what is stored from now on is sealed under new keys.",
        (manager, ct) => manager.RemoveAsync(ct));

    private static Command Make(
        string name, string description, string done, string told,
        Func<PassphraseManager, CancellationToken, Task<ClientFailure?>> work) =>
        new Command(name, description).Runs(async (context, _, ct) =>
        {
            using var opened = await context.OpenAsync(ct);
            context.Expect(await work(opened.Session.Passphrase, ct));
            context.Output.Result(new Dictionary<string, bool> { [done] = true }, people => people.WriteLine(told));
        });
}
