using System.Collections.Immutable;

namespace KeyRecovery.Cli.Auditing;

/// <summary>
/// Every erasure that a log knows of since a time, for an auditor (docs/protocol.md §23): whole, because its rows and
/// what nobody has explained are together the leaves of the public log.
/// </summary>
internal sealed record AuditReport
{
    public const string Format = "keyrecovery/v1/erasure-report";

    /// <summary>The server that was asked what leaves are about; empty where none was.</summary>
    public required string Server { get; init; }

    /// <summary>The period in which erasures were asked for: seconds since 1970, the end is not in it.</summary>
    public required ulong From { get; init; }

    public required ulong To { get; init; }

    public required ulong MadeAt { get; init; }

    /// <summary>The log's name, and how many leaves it had.</summary>
    public required string Origin { get; init; }

    public required ulong Size { get; init; }

    /// <summary>The checkpoint, a signed note, in base64.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>By the place of their first leaf.</summary>
    public required ImmutableArray<ReportRow> Rows { get; init; }

    /// <summary>Leaves about erasures of which the server has told nothing: those of other apps, it says.</summary>
    public required ImmutableArray<ReportLeaf> Unexplained { get; init; }

    /// <summary>How many leaves of each kind the log has in the period.</summary>
    public required ImmutableSortedDictionary<string, ulong> Events { get; init; }

    /// <summary>Lines of operators' jobs that were named: those that met nobody leave no leaf.</summary>
    public required ImmutableArray<ReportJobLine> Lines { get; init; }

    /// <summary>Those that were asked for in the period.</summary>
    public IEnumerable<ReportRow> Population => Rows.Where(IsInPeriod);

    /// <summary>Whether an erasure was asked for in the period.</summary>
    public bool IsInPeriod(ReportRow row) =>
        row.TimeOf(AuditEvent.ErasureRequested) is { } asked && asked >= From && asked < To;

    /// <summary>What is not as in an erasure that went through, in the words that each file has.</summary>
    public ImmutableArray<string> ExceptionsOf(ReportRow row)
    {
        var told = ImmutableArray.CreateBuilder<string>();
        if (!IsInPeriod(row)) told.Add("asked outside the period");
        if (row.TimeOf(AuditEvent.ErasureCancelled) is not null) told.Add("called off");
        else if (row.TimeOf(AuditEvent.Erased) is null)
            told.Add(row.DueAt > MadeAt ? "held" : "waits for level 1");
        else if (row.TimeOf(AuditEvent.ErasedEverywhere) is null) told.Add("waits for level 2");
        return told.ToImmutable();
    }
}

/// <summary>A leaf of the log about an erasure.</summary>
internal sealed record ReportLeaf(AuditEvent Event, ulong Index, ulong Time);

/// <summary>A receipt with its proof, in base64url.</summary>
internal sealed record ReportReceipt(int Level, string Bytes);

/// <summary>One erasure.</summary>
internal sealed record ReportRow(
    string Erasure, string RequestedBy, ulong RequestedAt, ulong DueAt, ImmutableArray<ReportLeaf> Leaves,
    ImmutableArray<ReportReceipt> Receipts)
{
    /// <summary>When a leaf of a kind was written; null where there is none.</summary>
    public ulong? TimeOf(AuditEvent what) => LeafOf(what)?.Time;

    /// <summary>The first leaf of a kind.</summary>
    public ReportLeaf? LeafOf(AuditEvent what) => Leaves.FirstOrDefault(leaf => leaf.Event == what);

    /// <summary>How long something took from the request on, in seconds.</summary>
    public ulong? SecondsTo(AuditEvent what) =>
        TimeOf(what) is { } at ? at - Math.Min(at, RequestedAt) : null;
}

/// <summary>A line of an operator's job.</summary>
internal sealed record ReportJobLine(string Job, int Line, string Outcome, bool HasReturned);
