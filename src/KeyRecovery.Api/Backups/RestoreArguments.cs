using System.Globalization;
using KeyRecovery.Api.CommandLine;
using KeyRecovery.Api.Reports;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Backups;

/// <summary>The switches of <c>restore</c>.</summary>
/// <param name="From">The set's folder; null where the platform has restored the data alone.</param>
/// <param name="AsOf">To when the platform has restored the data; null where a set does.</param>
/// <param name="Part">What is restored.</param>
/// <param name="Escrow">The set's escrow; null where the ring still has the KEK.</param>
/// <param name="OfflineKey">The file with the private half of the offline key, <c>-</c> for standard input.</param>
/// <param name="AuditKey">The server's own, which <c>init</c> and <c>backup</c> have printed; null where the ring
/// tells whose set it is, or nobody knows it any more.</param>
/// <param name="Replace">Whether what lies in the place is moved aside.</param>
/// <param name="OldTombstones">Whether the set's own list of tombstones will do where the newer one is lost.</param>
/// <param name="SweepAnyway">Whether the brake is off.</param>
/// <param name="Rehearse">Whether to read the set only.</param>
/// <param name="Json">Whether the report is one JSON object.</param>
/// <param name="Rest">Everything else: settings.</param>
internal sealed record RestoreArguments(
    string? From, DateTimeOffset? AsOf, RestorePart Part, string? Escrow, string? OfflineKey, VerifyKey? AuditKey,
    bool Replace, bool OldTombstones, bool SweepAnyway, bool Rehearse, bool Json, string[] Rest)
{
    private const string TakesTime = "a time in UTC, such as 2026-06-01T08:00:00Z";
    private const string UnknownKey = "unknown";
    private const string TakesAuditKey = "the server's audit key as init and backup print it, or unknown";

    /// <summary>Whether the data store is restored.</summary>
    public bool HasData => Part != RestorePart.Keys;

    /// <summary>Whether the key store is restored.</summary>
    public bool HasKeys => Part != RestorePart.Data;

    public static RestoreArguments Parse(string[] args)
    {
        var switches = new Switches(args);
        var from = switches.Value("--from", "a set's directory");
        var asOf = ReadTime(switches.Value("--as-of", TakesTime));
        if (from is null && asOf is null)
            throw new UsageException(
                "restore needs --from DIR, a backup set; or --as-of TIME, where the platform has restored the data");
        var part = switches.Value("--part", "data, keys or all") switch
        {
            null => RestorePart.Data,
            var name => Enum.GetValues<RestorePart>().Cast<RestorePart?>()
                .FirstOrDefault(
                    known => name.Equals(RestoreReport.Word(known!.Value), StringComparison.OrdinalIgnoreCase))
                ?? throw new UsageException("--part takes data, keys or all"),
        };
        var escrow = switches.Value("--escrow", "a file");
        var auditKey = switches.Value("--audit-key", TakesAuditKey);
        var parsed = new RestoreArguments(
            from is null ? null : Path.GetFullPath(from), asOf, part, escrow is null
                ? null : Path.GetFullPath(escrow), switches.Value("--offline-key", "a file, or - for standard input"),
            ReadAuditKey(auditKey), switches.Has("--replace"), switches.Has("--old-tombstones"),
            switches.Has("--sweep-anyway"), switches.Has("--rehearse"), switches.Has("--json"), switches.Rest);
        if (parsed.Escrow is null != parsed.OfflineKey is null)
            throw new UsageException("--escrow and --offline-key go together");
        if (part == RestorePart.Data && parsed is { Escrow: not null, Rehearse: false })
            throw new UsageException("--escrow goes with --part keys or all: data need no key");
        // A ring has the key that only this server sealed a set under. An escrow is sealed to a key that many may know.
        if (parsed is { Escrow: not null, Rehearse: false } && auditKey is null)
        {
            throw new UsageException(
                "--escrow goes with --audit-key KEY, the server's own: init and backup have printed it, and without it "
                + "this may be a set that somebody else has made. Where nobody knows it any more: --audit-key unknown");
        }

        if (parsed is { Rehearse: true, From: null }) throw new UsageException("--rehearse reads a set: --from DIR");
        return parsed;
    }

    private static DateTimeOffset? ReadTime(string? text)
    {
        if (text is null) return null;
        return DateTimeOffset.TryParseExact(
            text, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time : throw new UsageException($"--as-of takes {TakesTime}");
    }

    private static VerifyKey? ReadAuditKey(string? text)
    {
        if (text is null or UnknownKey) return null;
        try
        {
            if (Base64UrlText.TryDecode(text, VerifyKey.Size, out var bytes)) return new VerifyKey(bytes);
        }
        catch (WireFormatException)
        {
            // No key: as one that does not read.
        }

        throw new UsageException($"--audit-key takes {TakesAuditKey}");
    }
}
