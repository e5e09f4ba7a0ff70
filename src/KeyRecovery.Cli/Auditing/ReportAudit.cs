using System.Collections.Immutable;
using System.Globalization;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Files;
using KeyRecovery.Cli.Input;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Auditing;

/// <summary>
/// Checks a report against the log: each leaf about an erasure stands in it once and as it is, each receipt is signed
/// and is what its leaf commits to, and the files say the same.
/// </summary>
internal sealed class ReportAudit
{
    private const int MostBytes = 512 * 1024 * 1024;
    private const int MostTold = 20;

    private readonly string _folder;
    private readonly ImmutableArray<VerifyKey> _keys;
    private readonly ReportLeaves _leaves;

    // Files that are not what the report makes of them, and what they should be.
    private readonly IReadOnlyList<(string Name, int Line, byte[] Due)> _others;

    private ReportAudit(
        string folder, AuditReport report, ImmutableArray<VerifyKey> keys,
        IReadOnlyList<(string Name, int Line, byte[] Due)> others)
    {
        (_folder, Report, _keys, _others) = (folder, report, keys, others);
        _leaves = new ReportLeaves(report.From, report.To);
    }

    public AuditReport Report { get; }

    /// <summary>The note of the checkpoint from which the log must go on.</summary>
    public byte[] Checkpoint => Convert.FromBase64String(Report.Checkpoint);

    /// <summary>Where the checkpoint stands.</summary>
    public string File => Path.Combine(_folder, ReportFiles.Json);

    /// <summary>
    /// Whether files that are made of the report are written anew where they are others, once the report holds: those
    /// of another version of the program, or lost ones.
    /// </summary>
    public bool Rewrites { get; private init; }

    /// <summary>Names of files that are not what the report makes of them.</summary>
    public IEnumerable<string> Others => _others.Select(other => other.Name);

    /// <summary>Reads a report, and compares its files.</summary>
    /// <param name="folder">Where it lies.</param>
    /// <param name="keys">The server's audit keys.</param>
    /// <param name="rewrites">See <see cref="Rewrites"/>.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="CommandException">It is none.</exception>
    public static async Task<ReportAudit> ReadAsync(
        string folder, ImmutableArray<VerifyKey> keys, bool rewrites, CancellationToken ct)
    {
        if (keys.IsEmpty)
            throw new CommandException(CliFailure.Usage(
                "a report is checked with the server's audit key as well: --key",
                "It is the key of the server's GET /audit/key; best kept from long ago."));
        var json = await ReadFileAsync(folder, ReportFiles.Json, ct);
        if (ReportJson.Read(json) is not { } report)
            throw Wrong([$"{ReportFiles.Json} is no report"]);
        var others = new List<(string, int, byte[])>();
        foreach (var (name, due) in ReportFiles.Of(report))
        {
            var told = name == ReportFiles.Json ? json
                : rewrites && !System.IO.File.Exists(Path.Combine(folder, name)) ? []
                : await ReadFileAsync(folder, name, ct);
            if (FindDifference(told, due) is { } line) others.Add((name, line, due));
        }

        return new ReportAudit(folder, report, keys, others) { Rewrites = rewrites };
    }

    /// <summary>Is told of each leaf.</summary>
    public void Take(ulong index, AuditLeaf leaf)
    {
        if (index < Report.Size) _leaves.Take(index, leaf);
    }

    /// <summary>Ends the command where the report is not what the log has.</summary>
    /// <exception cref="CommandException">It is not.</exception>
    public void Refuse()
    {
        var wrong = new List<string>();
        var told = new Dictionary<ulong, ReportLeaf>();
        foreach (var leaf in Report.Rows.SelectMany(row => row.Leaves).Concat(Report.Unexplained))
            if (!told.TryAdd(leaf.Index, leaf)) wrong.Add($"leaf {leaf.Index} stands in it twice");
        foreach (var (leaf, _, _) in _leaves.All)
        {
            var what = $"{ReportJson.Word(leaf.Event)}, {ReportCsv.Time(leaf.Time)}";
            if (!told.Remove(leaf.Index, out var known)) wrong.Add($"leaf {leaf.Index} ({what}) is left out");
            else if (known != leaf) wrong.Add($"leaf {leaf.Index} is another in the log: {what}");
        }

        wrong.AddRange(told.Keys.Order().Select(index => $"leaf {index} is none about an erasure in the log"));
        var logged = _leaves.All.ToDictionary(leaf => leaf.Leaf.Index, leaf => leaf.Logged);
        foreach (var row in Report.Rows) wrong.AddRange(FaultsOf(row, logged));
        if (!Report.Events.SequenceEqual(_leaves.Events)) wrong.Add("the counts of leaves are not those of the log");
        var holds = wrong.Count == 0;
        // Told with what the log says: one line that is gone is gone from each.
        foreach (var (name, line, _) in _others.Where(other => !Rewrites || other.Name == ReportFiles.Json))
        {
            holds &= name != ReportFiles.Json;
            wrong.Add($"{name}, line {line.ToString(CultureInfo.InvariantCulture)}: not as the report has it");
        }

        if (wrong.Count == 0) return;
        throw Wrong(wrong, holds
            ? [$"{ReportFiles.Json} holds. What another version of keyrecovery made of it looks different as well: "
                + "with --rewrite these files are written anew from it."] : []);
    }

    /// <summary>Writes the files anew that are others, of a report that holds.</summary>
    public async Task RewriteAsync(CancellationToken ct)
    {
        foreach (var (name, _, due) in _others)
        {
            var path = Path.Combine(_folder, name);
            // A link is not followed: who made the folder would choose what is written over.
            if (new FileInfo(path).LinkTarget is not null) System.IO.File.Delete(path);
            await PrivateFile.WriteAsync(path, due, ct);
        }
    }

    private IEnumerable<string> FaultsOf(ReportRow row, Dictionary<ulong, AuditLeaf> logged)
    {
        var due = row.Leaves.Where(leaf => leaf.Event is AuditEvent.Erased or AuditEvent.ErasedEverywhere).ToList();
        if (due.Count != row.Receipts.Length)
            yield return $"erasure {row.Erasure} has {row.Receipts.Length} receipts, and {due.Count} leaves of them";
        foreach (var (leaf, told) in due.Zip(row.Receipts))
        {
            if (TryDecode(told.Bytes) is not { } signed || !_keys.Any(signed.IsSignedBy))
            {
                yield return $"erasure {row.Erasure}: the receipt of level {told.Level} is not signed by that server";
                continue;
            }

            var receipt = signed.Receipt;
            if (!logged.TryGetValue(leaf.Index, out var committed)
                || committed.Commitment != Hash256.Of(signed.Statement.Span))
                yield return $"erasure {row.Erasure}: leaf {leaf.Index} does not commit to its receipt";
            if (receipt.Id.ToString() != row.Erasure || receipt.RequestedAt != row.RequestedAt
                || !receipt.RequestedBy.ToString().Equals(row.RequestedBy, StringComparison.OrdinalIgnoreCase)
                || receipt.Level != told.Level || SignedErasureReceipt.EventOf(receipt.Level) != leaf.Event)
                yield return $"erasure {row.Erasure}: its row is not what its receipt of level {told.Level} says";
        }
    }

    private static SignedErasureReceipt? TryDecode(string text)
    {
        try
        {
            return Base64UrlText.TryDecodeUpTo(text, 2 * SignedErasureReceipt.MaxSize, out var bytes)
                ? SignedErasureReceipt.Decode(bytes) : null;
        }
        catch (Exception e) when (e is WireFormatException or UpgradeRequiredException)
        {
            return null;
        }
    }

    private static int? FindDifference(ReadOnlySpan<byte> told, ReadOnlySpan<byte> due)
    {
        if (told.SequenceEqual(due)) return null;
        var same = told.CommonPrefixLength(due);
        return told[..Math.Min(same, told.Length)].Count((byte)'\n') + 1;
    }

    private static async Task<byte[]> ReadFileAsync(string folder, string name, CancellationToken ct) =>
        await BoundedFile.ReadAsync(
            Path.Combine(folder, name), MostBytes, _ => CliFailure.Usage($"{name} is too long"), ct);

    private static CommandException Wrong(List<string> wrong, params string[] advice) => new(new CliFailure(
        "report-wrong", $"the report does not hold: {wrong[0]}")
    {
        Advice = [.. wrong.Skip(1).Take(MostTold), .. wrong.Count > MostTold + 1 ? (string[])["…"] : [], .. advice],
    });
}
