using System.Collections.Immutable;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Cli.Auditing;

/// <summary>A checkpoint that a policy accepts.</summary>
/// <param name="Note">The note.</param>
/// <param name="Checkpoint">What it says.</param>
/// <param name="Cosigned">Which witnesses of the policy have cosigned it, and when, in seconds since 1970.</param>
internal sealed record OpenedCheckpoint(
    ReadOnlyMemory<byte> Note, Checkpoint Checkpoint, ImmutableArray<(string Witness, ulong Time)> Cosigned)
{
    private static readonly string Slug = RuleWords.Of(ProtocolFault.LogCheckpoint);

    /// <exception cref="CommandException">The policy does not accept it: the message says why, and who is missing.
    /// </exception>
    public static OpenedCheckpoint Open(byte[] bytes, LogPolicy policy)
    {
        if (!SignedNote.TryParse(bytes, out var note) || !Checkpoint.TryParse(note.Text, out var told))
            throw Refused("no-checkpoint", "the log's checkpoint is none: no signed note of a log");
        var logs = policy.Logs.Select(log => log.Key).ToList();
        if (!logs.Exists(log => Checkpoint.TryOpen(note, log, out _)))
            throw logs.Exists(log => log.Name == told.Origin)
                ? Refused("unsigned", $"the checkpoint of {told.Origin} is not signed by that log's key",
                    "Nothing of it was used. Whoever runs the log can say whether its key was changed.")
                : Refused("other-log", $"the checkpoint is of the log {told.Origin}, and "
                    + $"{Words.List(logs.Select(log => log.Name))} is due");
        if (policy.TryAccept(note, out var checkpoint))
            return new OpenedCheckpoint(bytes, checkpoint, Cosignatures(note, policy));
        var missing = policy.Witnesses.Where(w => Cosignature.FindTime(note, w.Key) is null).Select(w => w.Key.Name);
        throw Refused("uncosigned",
            $"the checkpoint is not cosigned as the policy asks: {Words.List(missing)} did not, or not validly",
            "A log that some are shown and others are not looks like this. Try again later; then ask the witnesses.");
    }

    /// <summary>
    /// An older checkpoint that was kept: its log's signature is enough, since the policy may have been another one.
    /// </summary>
    /// <param name="bytes">The file.</param>
    /// <param name="path">Its name.</param>
    /// <param name="policy">Knows the log.</param>
    /// <param name="origin">The log's name.</param>
    /// <exception cref="CommandException">It is none of that log.</exception>
    public static Checkpoint OpenKept(byte[] bytes, string path, LogPolicy policy, string origin)
    {
        foreach (var (log, _) in policy.Logs)
        {
            if (!Checkpoint.TryOpen(bytes, log, out var kept)) continue;
            if (kept.Origin == origin) return kept;
            throw new CommandException(
                CliFailure.Usage($"{path} is a checkpoint of the log {kept.Origin}, and this one is {origin}"));
        }

        throw new CommandException(CliFailure.Usage($"{path} is no checkpoint that a log of the policy has signed"));
    }

    private static ImmutableArray<(string, ulong)> Cosignatures(SignedNote note, LogPolicy policy) =>
    [
        .. policy.Witnesses.Select(w => (w.Key.Name, Time: Cosignature.FindTime(note, w.Key)))
            .Where(found => found.Time is not null).Select(found => (found.Name, found.Time!.Value)),
    ];

    private static CommandException Refused(string why, string message, params string[] advice) =>
        new(new CliFailure(Slug, message) { Key = $"{Slug}.{why}", Advice = advice });
}
