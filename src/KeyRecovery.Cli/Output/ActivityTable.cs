using System.Collections.Frozen;
using System.Text.Json.Nodes;

namespace KeyRecovery.Cli.Output;

/// <summary>What was done to an account, for people and for machines.</summary>
internal static class ActivityTable
{
    private static readonly Style Proved = new(Color.Green, decoration: Decoration.Bold);

    // What every event is called. One that has no line here is called by its name.
    private static readonly FrozenDictionary<AuditEvent, string> Events = new Dictionary<AuditEvent, string>
    {
        [AuditEvent.Created] = "made the account",
        [AuditEvent.Committed] = "changed items or names",
        [AuditEvent.Repaired] = "gave back what the server had lost",
        [AuditEvent.Undone] = "went back to an earlier state",
        [AuditEvent.ErasureRequested] = "asked for the account's erasure",
        [AuditEvent.ErasureCancelled] = "called the erasure off",
        [AuditEvent.Erased] = "erased the account",
        [AuditEvent.RecoveryTried] = "read the account, as for a recovery",
        [AuditEvent.FoundRestored] = "went back to data of an older day",
        [AuditEvent.Restored] = "put back data of an older day",
        [AuditEvent.Suspended] = "suspended the account: read, not changed",
        [AuditEvent.Resumed] = "ended the suspension",
        [AuditEvent.Held] = "put the account under a legal hold: not erased",
        [AuditEvent.Released] = "ended the legal hold",
        [AuditEvent.Moved] = "gave the account another user name of the app",
        [AuditEvent.Exported] = "exported what the service holds",
        [AuditEvent.HeadsDiffer] = "signed two states that cannot both be true",
    }.ToFrozenDictionary();

    public static JsonObject Json(ActivityEntry entry) => new()
    {
        ["number"] = entry.Number,
        ["event"] = entry.Event.ToJson(),
        ["at"] = entry.At,
        ["role"] = entry.Role.ToJson(),
        ["by"] = entry.By is { } by ? Json(by) : null,
        ["network"] = entry.Network,
        ["version"] = entry.Version,
        ["added"] = entry.Added.Select(Json).ToJson(),
        ["removed"] = entry.Removed.Select(Json).ToJson(),
        ["beganEpoch"] = entry.BeganEpoch,
        ["index"] = entry.Index,
        ["proved"] = entry.IsProved,
    };

    /// <summary>A row each, the newest first.</summary>
    /// <param name="people">Where.</param>
    /// <param name="activity">What.</param>
    /// <param name="now">The time, to tell how long ago that was.</param>
    public static void Write(Terminal people, AccountActivity activity, DateTimeOffset now)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn(new TableColumn("When").NoWrap()).AddColumns("What", "By", "From")
            .AddColumn(new TableColumn("Log").NoWrap());
        foreach (var entry in activity.Entries)
        {
            table.AddRow(
                Terminal.Cell(When(entry.At, now)), Terminal.Cell(What(entry)), Terminal.Cell(By(entry)),
                Terminal.Cell(entry.Network.Length == 0 ? "-" : entry.Network),
                entry.IsProved ? Terminal.Marked("✓", Proved, "proved") : Terminal.Cell("not yet"));
        }

        people.Write(table);
    }

    /// <summary>What was done, in a few words.</summary>
    public static string What(ActivityEntry entry)
    {
        List<string> parts = [];
        // Whoever came or went says more than that something changed.
        if (entry.Event != AuditEvent.Committed) parts.Add(Of(entry.Event));
        if (!entry.Added.IsEmpty && entry.Event != AuditEvent.Created) parts.Add($"added {Names(entry.Added)}");
        if (!entry.Removed.IsEmpty) parts.Add($"removed {Names(entry.Removed)}");
        if (parts.Count == 0) parts.Add(entry.BeganEpoch ? "began a new key" : Of(entry.Event));
        return string.Join("; ", parts);
    }

    private static string Of(AuditEvent what) =>
        Events.GetValueOrDefault(what) ?? Words.Kebab($"{what}").Replace('-', ' ');

    private static string By(ActivityEntry entry) => entry switch
    {
        { By: { } actor } => Name(actor),
        { Role: AuditRole.Operator } => "the operator",
        { Role: AuditRole.Server } => "the server",
        _ => "-",
    };

    private static string Names(IEnumerable<ActivityAuthority> authorities) => Words.List(authorities.Select(Name));

    // Whoever is gone has no name any more, and whoever has one may have another's: the id's beginning tells them
    // apart, as in `recover --remove`.
    private static string Name(ActivityAuthority authority) => authority switch
    {
        { IsThisDevice: true, Name: "" } => "this device",
        { IsThisDevice: true } => $"{authority.Name} (this one)",
        { Name.Length: > 0 } => $"{authority.Name} ({Short(authority)})",
        { Kind: AuthorityKind.Code } => $"recovery code ({Short(authority)})",
        { Kind: { } kind } => $"{Words.Kind(kind)} {Short(authority)}",
        _ => Short(authority),
    };

    private static string Short(ActivityAuthority authority) => authority.Id.ToString()[..8];

    private static JsonObject Json(ActivityAuthority authority) => new()
    {
        ["id"] = authority.Id.ToString(),
        ["kind"] = authority.Kind?.ToJson(),
        ["name"] = authority.Name.Length == 0 ? null : authority.Name,
        ["isThisDevice"] = authority.IsThisDevice,
    };

    private static string When(DateTimeOffset at, DateTimeOffset now) => (now - at) switch
    {
        { TotalMinutes: > -5 and < 1 } => $"{Words.Time(at)}, just now",
        { Ticks: > 0, TotalDays: < 7 } ago => $"{Words.Time(at)}, {Words.Left(ago)} ago",
        _ => Words.Time(at),
    };
}
