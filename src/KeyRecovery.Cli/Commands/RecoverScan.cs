using System.CommandLine;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>recover --scan-log</c>: whether the server shows the account's newest state, as its log tells.</summary>
internal static class RecoverScan
{
    public static Option<bool> Option() => new("--scan-log")
    {
        Description = "Read all of the server's log first, and ask its witnesses (--log-policy): an older state that "
            + "the server shows is told",
    };

    /// <summary>Reads it, and ends the command where the log has more than the server shows.</summary>
    public static async Task RunAsync(CliContext context, RecoverySession session, CancellationToken ct)
    {
        var scan = context.Expect(await context.Output.WithProgressAsync(
            "reading the server's log", progress => session.Log.ScanAsync(progress, ct)));
        context.Output.Show(people => people.WriteLine(
            $"The server's log was read, {Words.Count((long)scan.Size, "leaf", "leaves")}: it has no change of the "
            + "account that the server does not show."));
        if (scan.Lost > 0)
            context.Output.Note(
                $"the log has {Words.Count(scan.Lost, "change")} of the account that a restore of the server has lost: "
                + "a device that is left may still have what was changed");
        foreach (var witness in scan.Witnesses)
            if (witness.Reason is { } reason)
                context.Output.Note($"the witness {witness.Name} could not be asked: {reason}");
        if (scan.Witnesses.All(w => w.Size is null))
            context.Output.Note(
                "no witness of the log was asked: a server that keeps a change out of its log as well is not found out "
                + "(--log-policy FILE names witnesses)");
    }
}
