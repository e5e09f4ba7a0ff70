using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>lock set</c>, <c>lock change</c>, <c>lock remove</c>: the passphrase on the key of a home.</summary>
internal static class LockCommand
{
    public static Command Set() =>
        new Command("set", "Puts a passphrase on the key of this home; each command asks for it from then on")
            .Runs((context, _, ct) => LockAsync(context, DeviceKeyPlace.File, ct));

    public static Command Change() => new Command("change", "Puts another passphrase in place of the one that is there")
        .Runs((context, _, ct) => LockAsync(context, DeviceKeyPlace.LockedFile, ct));

    public static Command Remove() => new Command("remove", "Takes the passphrase from the key of this home")
        .Runs(async (context, _, ct) =>
        {
            await RequireAsync(context, DeviceKeyPlace.LockedFile, ct);
            await context.Keys.UnlockAsync(ct);
            await TellAsync(
                context, "The home opens without a passphrase: whoever copies its folder has its keys.", ct);
        });

    private static async Task LockAsync(CliContext context, DeviceKeyPlace from, CancellationToken ct)
    {
        await RequireAsync(context, from, ct);
        using var passphrase = await HomeKeys.ReadNewAsync(context.Ask, ct);
        await context.Keys.LockAsync(passphrase, ct);
        await TellAsync(
            context, "The home is locked. Copies of its folder from before open with what they had; if the passphrase "
            + "is forgotten, this device's keys are lost, and the account is not.", ct);
    }

    private static async Task RequireAsync(CliContext context, DeviceKeyPlace from, CancellationToken ct)
    {
        if (context.Keys.IsNew)
            throw new CommandException(new CliFailure("device-state", "this home has no keys yet")
            {
                Advice = ["--lock with the command that makes it: account create, recover, link scan, link type."],
            });
        var place = await context.Keys.FindPlaceAsync(ct);
        if (place == from) return;
        throw new CommandException(new CliFailure("lock-state", $"the key of this home is {KeyPlaceText.Short(place)}")
        {
            Advice = place switch
            {
                DeviceKeyPlace.LockedFile => ["For another passphrase: keyrecovery lock change"],
                DeviceKeyPlace.File => ["For a passphrase: keyrecovery lock set"],
                _ => ["The operating system guards it: there is no passphrase of its own."],
            },
        });
    }

    private static async Task TellAsync(CliContext context, string sentence, CancellationToken ct)
    {
        var place = await context.Keys.FindPlaceAsync(ct);
        context.Output.Result(
            new JsonObject { ["keyStore"] = KeyPlaceText.Word(place) }, people => people.WriteLine(sentence));
    }
}
