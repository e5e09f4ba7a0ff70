using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Devices;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Logs;

/// <summary>
/// Looks whether an account's newest change, and those since the one that was found last, are in the log. Locks nobody
/// out: what does not hold is told and kept, and a log that cannot be had is no fault (docs/protocol.md §17.1).
/// </summary>
/// <param name="asker">Asks the server.</param>
/// <param name="time">The device's clock.</param>
internal sealed class LogCheck(LogAsker asker, TimeProvider time)
{
    // Nobody waits for a log for longer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // A leaf is published within a second, as a rule.
    private const ulong DueSeconds = 60;

    // A device that was away for longer looks at the newest of what it has missed.
    private const int MostPages = 8;

    /// <summary>Looks, where it is not known.</summary>
    /// <returns>What is to be remembered.</returns>
    public async Task<KeptLog> RunAsync(VerifiedVault vault, KeptLog known, CancellationToken ct)
    {
        if (known.Found == vault.Manifest.Place) return known;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        try
        {
            return await LookAsync(vault, known, limit.Token);
        }
        catch (Exception thrown) when (Call.IsFailure(thrown, ct))
        {
            return known;
        }
    }

    /// <summary>What is told of a failure; null where it accuses nobody.</summary>
    public static LogFinding? FindingOf(ClientFailure failure, TimeProvider time, ulong version)
    {
        LogFinding? Of(ProtocolFault fault) => new(fault, time.GetUtcNow(), version);
        return failure switch
        {
            ClientFailure.RolledBack { Log: { } both } caught =>
                Of(caught.Fault)! with { Known = both.Known, Served = both.Served },
            ClientFailure.ServerLied lied => Of(lied.Fault),
            ClientFailure.LogKeyChanged => Of(ProtocolFault.LogCheckpoint),
            _ => null,
        };
    }

    private async Task<KeptLog> LookAsync(VerifiedVault vault, KeptLog known, CancellationToken ct)
    {
        var (newest, entries, log) = (vault.Manifest.Place, new List<LoggedEntry>(), known);
        // Of what stands between after a restore nothing is known.
        var from = known.Found is { } found && found.Version < newest.Version && vault.Claims.IsEmpty
            ? found.Version + 1 : newest.Version;
        LogView? view = null;
        for (var page = 0; page < MostPages && (entries is not [.., var last]
            || (last.Number > 0 && last.Detail.Manifest.Version >= from)); page++)
        {
            // As many as there are as a rule, and some that changed nothing.
            var most = page > 0 || newest.Version - from > 8 ? LogAsker.MostEntries : 16;
            var read = await asker.ReadAsync(log, entries is [.., var end] ? end.Number : null, most, ct);
            if (!read.TryGet(out view, out var failure)) return Failed(vault, log, failure);
            log = view.Log;
            entries.AddRange(view.Entries);
            if (view.Entries.IsEmpty) break;
        }

        // A server that keeps no log, and never did.
        if (view?.Checkpoint is null) return log;
        if (ActivityFacts.Check(vault, entries, fromNewest: true) is var fault and not ProtocolFault.None)
            return log.With(new LogFinding(fault, time.GetUtcNow(), newest.Version));
        return FindMissing(vault, entries, from) is { } missing
            ? Missing(vault, log, missing, view.Now) : log with { Found = newest };
    }

    private KeptLog Failed(VerifiedVault vault, KeptLog log, ClientFailure failure)
    {
        var version = vault.Manifest.Manifest.Version;
        if (FindingOf(failure, time, version) is { } finding) return log.With(finding);
        // It had a log, and says that there is no such thing.
        return failure is ClientFailure.Refused { Type: ProblemTypes.NotFound } && asker.Expects(log)
            ? Missing(vault, log, version, asker.EarliestSeconds) : log;
    }

    private KeptLog Missing(VerifiedVault vault, KeptLog log, ulong version, ulong now) =>
        now < vault.Head.Head.Time + DueSeconds ? log
            : log.With(new LogFinding(ProtocolFault.LogMissing, time.GetUtcNow(), version));

    // The lowest version that the log does not prove; null where it proves all that is asked.
    private static ulong? FindMissing(VerifiedVault vault, List<LoggedEntry> told, ulong from)
    {
        var entries = told.Where(e => e.IsChange).ToList();
        var (newest, label) = (vault.Manifest.Place, vault.Manifest.Manifest.LeafLabel);
        if (!entries.Any(e => e.IsProved && e.Detail.Manifest == newest && e.Detail.Label == label))
            return newest.Version;
        // A repair brings manifests that have no change of their own.
        if (entries.Any(e => e.Detail.Event == AuditEvent.Repaired && e.Detail.Manifest.Version >= from)) return null;
        var proved = entries.Where(e => e.IsProved).Select(e => e.Detail.Manifest.Version).ToHashSet();
        var lowest = entries.Min(e => e.Detail.Manifest.Version);
        for (var version = Math.Max(from, lowest); version < newest.Version; version++)
            if (!proved.Contains(version)) return version;
        return null;
    }
}
