using System.Collections.Immutable;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Logs;

/// <summary>
/// Reads all of the log for a device that starts from nothing: a leaf with the label that would follow the account's
/// newest manifest is a change that the server does not show (docs/protocol.md §17.1).
/// </summary>
/// <param name="options">The client's.</param>
/// <param name="transport">To the server.</param>
/// <param name="asker">Verifies checkpoints.</param>
internal sealed class LogScanner(KeyRecoveryOptions options, ApiTransport transport, LogAsker asker)
{
    // A witness cosigns before the server publishes.
    private static readonly TimeSpan PublishedWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    // Somebody else may commit while the log is read.
    private const int Rounds = 3;

    private readonly ServerLog _log = new(transport);

    /// <summary>Reads it.</summary>
    /// <param name="vault">The account as it was read last.</param>
    /// <param name="refresh">Reads it once more; null when all is well.</param>
    /// <param name="known">What is remembered of the log.</param>
    /// <param name="progress">Told as leaves are read: how many of how many.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Result<LogScan>> RunAsync(
        Func<OpenVault> vault, Func<CancellationToken, Task<ClientFailure?>> refresh, KeptLog known,
        IProgress<(int Done, int Of)>? progress, CancellationToken ct)
    {
        try
        {
            for (var round = 1; ; round++)
            {
                var open = vault();
                var place = open.Vault.Manifest.Place;
                if (!(await ReadTreesAsync(known, ct)).TryGet(out var trees, out var unread)) return unread;
                var (next, found) = (Label(open), new List<(ulong Index, ulong Time)>());
                if (await WalkAsync(trees, (index, leaf) =>
                {
                    if (leaf.Label == next) found.Add((index, leaf.Time));
                    Report(progress, index + 1, trees.Shown.Size);
                }, ct) is { } wrong) return wrong;

                var unexplained = found.Where(leaf => !IsExplained(open.Vault, leaf.Time)).ToList();
                if (unexplained.Count == 0)
                    return new LogScan(trees.Shown.Size, [.. trees.Witnesses.Select(w => w.Report)])
                    {
                        Lost = found.Count,
                    };
                if (await refresh(ct) is { } failure) return failure;
                if (vault().Vault.Manifest.Place == place)
                    return new ClientFailure.RolledBack(ProtocolFault.RolledBackManifest)
                    {
                        Log = new LogEvidence(trees.Note, default) { Index = unexplained[0].Index },
                    };
                if (round == Rounds)
                    return new ClientFailure.Transient("the account changes faster than its log is read", null);
            }
        }
        catch (LogUnavailableException unavailable)
        {
            return unavailable.Failure;
        }
    }

    // An undo goes by the label key of what it returns to, which is the epoch's own unless that is older.
    private static Hash256 Label(OpenVault open) => ManifestPrivate.LeafLabel(
        open.Private.LabelKey, open.Vault.Account, open.Vault.Manifest.Manifest.Version + 1);

    private static bool IsExplained(VerifiedVault vault, ulong time) => vault.Claims.Any(
        c => c.Claim.ManifestVersion <= vault.Manifest.Manifest.Version && c.Claim.Time >= time);

    private static void Report(IProgress<(int Done, int Of)>? progress, ulong done, ulong of)
    {
        // Not for each of a million.
        if (progress is not null && (done == of || done % TilePath.FullWidth == 0))
            progress.Report((checked((int)Math.Min(done, int.MaxValue)), checked((int)Math.Min(of, int.MaxValue))));
    }

    // Witnesses first: what they know, the server must show afterwards.
    private async Task<Result<Trees>> ReadTreesAsync(KeptLog known, CancellationToken ct)
    {
        if (!(await OpenAsync(known, ct)).TryGet(out var first, out var unread)) return unread;
        var witnesses = options.LogPolicy is { } policy
            ? await new WitnessCalls(options, policy).AskAsync(first.Shown.Origin, ct) : [];
        var largest = witnesses.MaxBy(w => w.Checkpoint?.Size ?? 0);
        var until = options.Time.GetUtcNow() + PublishedWithin;
        while (true)
        {
            if (!(await OpenAsync(known, ct)).TryGet(out var now, out unread)) return unread;
            var trees = now with { Witnesses = [.. witnesses] };
            if (largest?.Checkpoint is not { } witnessed || witnessed.Size <= now.Shown.Size) return trees;
            if (options.Time.GetUtcNow() > until)
                return new ClientFailure.RolledBack(ProtocolFault.RolledBackLog)
                {
                    Log = new LogEvidence(largest.Note, now.Note),
                };
            await Task.Delay(Pause, options.Time, ct);
        }
    }

    private async Task<Result<Trees>> OpenAsync(KeptLog known, CancellationToken ct)
    {
        var note = await _log.CheckpointAsync(ct);
        return (await asker.OpenAsync(note, known, ct)).TryGet(out var opened, out var unread)
            ? new Trees(opened.Checkpoint, note, known, []) : unread;
    }

    // The entries give the tree; each checkpoint that somebody was told must have been one of its own.
    private async Task<ClientFailure?> WalkAsync(Trees trees, Action<ulong, AuditLeaf> take, CancellationToken ct)
    {
        var told = trees.Told().ToList();
        var fault = await new LogWalk(_log, trees.Shown.Size)
        {
            Trees = [.. told.Select(tree => tree.Checkpoint)], Leaf = take,
        }.FindFaultAsync(ct);
        if (fault is null) return null;
        if (fault.Kind == LogFaultKind.NewerLeaf) return new ClientFailure.UpgradeRequired();
        // Whose checkpoint does not come out; where the files do not even agree, nobody's.
        var other = told.FirstOrDefault(tree => tree.Checkpoint.Size > fault.Last);
        if (fault.Kind is not (LogFaultKind.OtherTree or LogFaultKind.Shorter)
            || other.Note.Span.SequenceEqual(trees.Note))
            return new ClientFailure.ServerLied(ProtocolFault.ForkedLog);
        return new ClientFailure.RolledBack(
            fault.Kind == LogFaultKind.Shorter ? ProtocolFault.RolledBackLog : ProtocolFault.ForkedLog)
        {
            Log = new LogEvidence(other.Note, trees.Note),
        };
    }

    /// <summary>The checkpoints that the log must come to.</summary>
    private sealed record Trees(
        Checkpoint Shown, byte[] Note, KeptLog Known, ImmutableArray<WitnessedCheckpoint> Witnesses)
    {
        /// <summary>All of them, the smallest first; what is shown comes last.</summary>
        public IEnumerable<(Checkpoint Checkpoint, ReadOnlyMemory<byte> Note)> Told()
        {
            var others = Witnesses.Where(w => w.Checkpoint is not null).Select(w => (w.Checkpoint!, w.Note));
            if (Known.Checkpoint is { } known && known.Origin == Shown.Origin)
                others = others.Append((known, Known.Note));
            return others.OrderBy(tree => tree.Item1.Size).Append((Shown, Note));
        }
    }
}
