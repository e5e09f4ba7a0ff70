using System.Text.Json;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Rotation;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Api.Reports;

/// <summary>What <c>check</c> found.</summary>
/// <param name="Sound">Whether nothing is wrong.</param>
/// <param name="Findings">What is wrong with the places; then nothing further was looked at.</param>
/// <param name="DataFile">What the data store says of its file.</param>
/// <param name="KeysFile">What the key store says of its file.</param>
/// <param name="Accounts">Accounts whose chain, keyset, manifest and items are there and fit together.</param>
/// <param name="Pending">Accounts that are being made.</param>
/// <param name="VaultsLost">Accounts whose data are gone.</param>
/// <param name="Damaged">What is wrong with each damaged account or slot of a realm.</param>
/// <param name="OrphanRows">Rows that nothing leads to, by table.</param>
/// <param name="Keks">The KEKs, and how many rows hang on each.</param>
/// <param name="UnreadableKeys">Rows of the key store that hang on no KEK that ever was.</param>
/// <param name="KeysHeldUntil">When the last backup set with keys expires, in seconds since 1970; null where none holds
/// any.</param>
/// <param name="Sweep">What the sweep before removed.</param>
/// <param name="MovedTo">Where a move has left the stores for; null where none has.</param>
internal sealed record CheckReport(
    bool Sound,
    IReadOnlyList<string> Findings,
    IReadOnlyList<string> DataFile,
    IReadOnlyList<string> KeysFile,
    int Accounts,
    int Pending,
    int VaultsLost,
    IReadOnlyList<string> Damaged,
    IReadOnlyDictionary<string, int> OrphanRows,
    IReadOnlyList<KekLine> Keks,
    int UnreadableKeys,
    long? KeysHeldUntil,
    SweepReport? Sweep,
    string? MovedTo = null)
{
    public static CheckReport OfFindings(IReadOnlyList<string> findings) =>
        new(false, findings, [], [], 0, 0, 0, [], new Dictionary<string, int>(), [], 0, null, null);

    public static CheckReport Of(IntegrityReport files, AuditReport audit, RingReport ring,
        DateTimeOffset? keysHeldUntil, SweepReport? sweep, string? movedTo = null) => new(
            files.IsSound && audit.IsSound && ring.IsSound && sweep is null or { Stopped: false, InactiveLeft: 0 },
            [], files.Data, files.Keys, audit.Accounts, audit.Pending, audit.VaultsLost, audit.Damaged,
            audit.OrphanRows, [.. KekLine.Of(ring)], ring.Unreadable, keysHeldUntil?.ToUnixTimeSeconds(), sweep,
            movedTo);

    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Default.CheckReport);

    /// <summary>For a person: a line for each thing, the verdict last.</summary>
    public IEnumerable<string> Lines()
    {
        foreach (var finding in Findings) yield return finding;
        if (MovedTo is { } place) yield return $"moved to {place}: nothing is served from here";
        foreach (var problem in DataFile) yield return $"data store: {problem}";
        foreach (var problem in KeysFile) yield return $"key store: {problem}";
        foreach (var line in RingLines()) yield return line;
        foreach (var fault in Damaged) yield return $"damaged: {fault}";
        if (Findings.Count == 0)
        {
            if (Sweep is { } s)
            {
                yield return $"swept: {s.PendingAccounts} unfinished and {s.OrphanAccounts} orphaned accounts, "
                    + $"{s.Lookups} lookups, {s.StagedItems} staged items, {s.OldVersions} old versions";
                if (s.Warned + s.Inactive > 0)
                    yield return $"accounts that nobody uses: {s.Warned} warned of, {s.Inactive} erased";
                if (s.InactiveLeft > 0)
                    yield return $"{s.InactiveLeft} accounts that nobody uses are due to be erased, too many at once: "
                        + "--inactive-anyway erases them";
                if (s.Stopped) yield return "the sweep stopped: it would remove the data of too many accounts at once";
            }

            foreach (var (table, count) in OrphanRows)
                yield return $"orphans: {count} rows of {table}, left to the sweep";
            yield return $"accounts: {Accounts} sound, {Damaged.Count} damaged, {VaultsLost} without data, {Pending} "
                + "unfinished";
        }

        yield return Sound ? "sound" : "NOT sound";
    }

    private IEnumerable<string> RingLines()
    {
        foreach (var kek in Keks)
            if (kek.ToText() is { } line) yield return line;
        if (KeysHeldUntil is { } until)
            yield return $"backup sets hold keys until {DateTimeOffset.FromUnixTimeSeconds(until):yyyy-MM-dd HH:mm}Z: "
                + "receipts of level 2 wait for those that hold theirs";
        if (UnreadableKeys > 0) yield return $"{UnreadableKeys} rows of the key store cannot be read";
        if (Keks.Any(kek => kek.State is "next" or "retiring"))
            yield return "a rotation is unfinished: the server finishes it, or rotate does";
    }
}
