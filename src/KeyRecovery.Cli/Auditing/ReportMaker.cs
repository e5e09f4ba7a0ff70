using System.Collections.Immutable;
using System.Text.Json;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Auditing;

/// <summary>Puts leaves and what the server says of them together, an erasure a row.</summary>
/// <param name="source">The log, for proofs.</param>
/// <param name="opened">The checkpoint up to which it was verified.</param>
internal sealed class ReportMaker(ILogSource source, OpenedCheckpoint opened)
{
    private readonly LogReader _log = new(source);
    private readonly Dictionary<string, ReportRow> _rows = [];
    private readonly List<string> _order = [];
    private readonly List<ReportLeaf> _unexplained = [];

    public ImmutableArray<ReportRow> Rows => [.. _order.Select(erasure => _rows[erasure])];

    public ImmutableArray<ReportLeaf> Unexplained => [.. _unexplained];

    /// <summary>Adds leaves.</summary>
    /// <param name="leaves">By their places.</param>
    /// <param name="records">What the server says of some of them, by their hashes.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="LogFaultException">A tile is not there.</exception>
    public async Task AddAsync(
        IEnumerable<(ReportLeaf Leaf, Hash256 Hash, AuditLeaf Logged)> leaves,
        IReadOnlyDictionary<string, JsonElement> records, CancellationToken ct)
    {
        foreach (var (leaf, hash, logged) in leaves)
        {
            if (!records.TryGetValue(hash.ToString(), out var record))
            {
                _unexplained.Add(leaf);
                continue;
            }

            var erasure = record.GetProperty("erasure").GetString()!;
            if (!_rows.TryGetValue(erasure, out var row))
            {
                _order.Add(erasure);
                row = new ReportRow(
                    erasure, record.GetProperty("requestedBy").GetString()!,
                    record.GetProperty("requestedAt").GetUInt64(), record.GetProperty("dueAt").GetUInt64(), [], []);
            }

            row = row with { Leaves = row.Leaves.Add(leaf) };
            if (record.TryGetProperty("receipt", out var told) && told.GetString() is { } text
                && Base64UrlText.TryDecodeUpTo(text, SignedErasureReceipt.MaxSize, out var statement)
                && SignedNote.TryParse(opened.Note.Span, out var note))
            {
                var proof = await _log.InclusionAsync(leaf.Index, opened.Checkpoint.Size, ct);
                var proved = SignedErasureReceipt.Prove(statement, logged.Encode(), leaf.Index, proof, note);
                var level = leaf.Event == AuditEvent.ErasedEverywhere ? 2 : 1;
                row = row with { Receipts = row.Receipts.Add(new ReportReceipt(level, Base64UrlText.Encode(proved))) };
            }

            _rows[erasure] = row;
        }
    }
}
