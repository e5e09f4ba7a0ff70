using KeyRecovery.Api.CommandLine;
using KeyRecovery.Api.Reports;

namespace KeyRecovery.Api.Backups;

/// <summary>The switches of <c>restore</c>.</summary>
/// <param name="From">The set's folder.</param>
/// <param name="Part">What is restored.</param>
/// <param name="Escrow">The set's escrow; null where the ring still has the KEK.</param>
/// <param name="OfflineKey">The file with the private half of the offline key, <c>-</c> for standard input.</param>
/// <param name="Replace">Whether what lies in the place is moved aside.</param>
/// <param name="OldTombstones">Whether the set's own list of tombstones will do where the newer one is lost.</param>
/// <param name="SweepAnyway">Whether the brake is off.</param>
/// <param name="Rehearse">Whether to read the set only.</param>
/// <param name="Json">Whether the report is one JSON object.</param>
/// <param name="Rest">Everything else: settings.</param>
internal sealed record RestoreArguments(
    string From, RestorePart Part, string? Escrow, string? OfflineKey, bool Replace, bool OldTombstones,
    bool SweepAnyway, bool Rehearse, bool Json, string[] Rest)
{
    /// <summary>Whether the data store is restored.</summary>
    public bool HasData => Part != RestorePart.Keys;

    /// <summary>Whether the key store is restored.</summary>
    public bool HasKeys => Part != RestorePart.Data;

    public static RestoreArguments Parse(string[] args)
    {
        var switches = new Switches(args);
        var from = switches.Value("--from", "a set's directory")
            ?? throw new UsageException("restore needs --from DIR, a backup set");
        var part = switches.Value("--part", "data, keys or all") switch
        {
            null => RestorePart.Data,
            var name => Enum.GetValues<RestorePart>().Cast<RestorePart?>()
                .FirstOrDefault(
                    known => name.Equals(RestoreReport.Word(known!.Value), StringComparison.OrdinalIgnoreCase))
                ?? throw new UsageException("--part takes data, keys or all"),
        };
        var escrow = switches.Value("--escrow", "a file");
        var parsed = new RestoreArguments(
            Path.GetFullPath(from), part, escrow is null
                ? null : Path.GetFullPath(escrow), switches.Value("--offline-key", "a file, or - for standard input"),
            switches.Has("--replace"), switches.Has("--old-tombstones"), switches.Has("--sweep-anyway"),
            switches.Has("--rehearse"), switches.Has("--json"), switches.Rest);
        if (parsed.Escrow is null != parsed.OfflineKey is null)
            throw new UsageException("--escrow and --offline-key go together");
        if (part == RestorePart.Data && parsed is { Escrow: not null, Rehearse: false })
            throw new UsageException("--escrow goes with --part keys or all: data need no key");
        return parsed;
    }
}
