using KeyRecovery.Api.Verbs;

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
    string From, RestorePart Part, string? Escrow, string? OfflineKey, bool Replace, bool OldTombstones, bool SweepAnyway, bool Rehearse, bool Json, string[] Rest)
{
    public static RestoreArguments Parse(string[] args)
    {
        var (from, part) = ((string?)null, RestorePart.Data);
        var parsed = new RestoreArguments("", part, null, null, false, false, false, false, false, []);
        var rest = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--from":
                    from = Path.GetFullPath(Value("a set's directory"));
                    break;
                case "--part":
                    var name = Value("data, keys or all");
                    part = Enum.TryParse(name, ignoreCase: true, out RestorePart named) && !char.IsDigit(name[0]) ? named : throw new UsageException("--part takes data, keys or all");
                    break;
                case "--escrow":
                    parsed = parsed with { Escrow = Path.GetFullPath(Value("a file")) };
                    break;
                case "--offline-key":
                    parsed = parsed with { OfflineKey = Value("a file, or - for standard input") };
                    break;
                case "--replace":
                    parsed = parsed with { Replace = true };
                    break;
                case "--old-tombstones":
                    parsed = parsed with { OldTombstones = true };
                    break;
                case "--sweep-anyway":
                    parsed = parsed with { SweepAnyway = true };
                    break;
                case "--rehearse":
                    parsed = parsed with { Rehearse = true };
                    break;
                case "--json":
                    parsed = parsed with { Json = true };
                    break;
                default:
                    rest.Add(args[i]);
                    break;
            }

            string Value(string what) => i + 1 < args.Length ? args[++i] : throw new UsageException($"{args[i]} takes {what}");
        }

        if (from is null) throw new UsageException("restore needs --from DIR, a backup set");
        if (parsed.Escrow is null != parsed.OfflineKey is null) throw new UsageException("--escrow and --offline-key go together");
        if (part == RestorePart.Data && parsed is { Escrow: not null, Rehearse: false }) throw new UsageException("--escrow goes with --part keys or all: data need no key");
        return parsed with { From = from, Part = part, Rest = [.. rest] };
    }
}
