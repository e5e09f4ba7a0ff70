using System.Collections.Frozen;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Export;

/// <summary>
/// What an export says of each table (docs/protocol.md §22): the sections that cover its rows, or why it leaves them
/// out. A table that stands in neither has been forgotten, and a test says so.
/// </summary>
public static class ExportScope
{
    private static readonly FrozenDictionary<Table, string> Covered = new Dictionary<Table, string>
    {
        [Table.Accounts] = "account",
        [Table.Links] = "links",
        [Table.Keysets] = "keysets",
        [Table.Manifests] = "manifests",
        [Table.Items] = "items",
        [Table.History] = "items",
        [Table.Trails] = "trail",
        [Table.Seals] = "seals",
        [Table.Activity] = "activity",
        [Table.KeyRows] = "account",
        [Table.Subjects] = "lookups",
        [Table.Slots] = "lookups",
        [Table.AppAccounts] = "lookups",
        [Table.RealmSlots] = "realmSlots",
        [Table.RealmSubjects] = "realmUsers",
        [Table.RealmAccounts] = "realmAccounts",
        [Table.Erasures] = "erasures",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<Table, string> LeftOut = new Dictionary<Table, string>
    {
        [Table.ErasurePlans] = "they are there while an account's key is being destroyed, and then no export is given",
        [Table.Receipts] = "an erased account has receipts and no data: whoever holds its id asks for the receipt",
        [Table.ErasureJobs] = "a job is its operator's: it counts lines and names nobody",
        [Table.ErasureLines] =
            "a line of an operator's job has a keyed hash of the subject and goes after 30 days: no account finds it",
        [Table.Restraints] =
            "since when and why an operator restrains the account is told to operators; that it does stands in account",
        [Table.AppFeeds] = "the app's feed of 30 days names the account under its key alone; activity tells the same",
        [Table.AppPages] = "the app's feed of 30 days names the account under its key alone; activity tells the same",
        [Table.AppWebhooks] = "how far an app's webhook was told its feed is the app's, and names no account",
        [Table.LinkSessions] = "sessions of linking are gone within five minutes, and hold what only devices open",
        [Table.LinkMessages] = "sessions of linking are gone within five minutes, and hold what only devices open",
        [Table.LinkNames] = "sessions of linking are gone within five minutes, and hold what only devices open",
        [Table.LinkPlaces] = "sessions of linking are gone within five minutes, and hold what only devices open",
    }.ToFrozenDictionary();

    /// <summary>The section that tells a table's rows; null where none does.</summary>
    public static string? SectionOf(Table table) => Covered.GetValueOrDefault(table);

    /// <summary>Why no section does: the reason, or that the rows are the server's own; null where nobody has said so.
    /// </summary>
    public static string? ReasonAgainst(Table table) => LeftOut.GetValueOrDefault(table)
        ?? (table.Rows == RowsOf.Server ? "its rows are the server's own, and name no account in plain" : null);

    /// <summary>What no export holds, beside those tables.</summary>
    internal static IEnumerable<ExportPart> Omissions { get; } =
    [
        .. LeftOut.GroupBy(table => table.Value, table => table.Key.Name)
            .Select(why => new ExportPart.Omission(
                string.Join(", ", why.Order(StringComparer.Ordinal)), why.Key)).OrderBy(part => part.What),
        new ExportPart.Omission(
            "secrets", "Keys of the account, seals of them, and the realm's share of a passphrase stay where they are: "
                + "who has this file opens nothing with it."),
        new ExportPart.Omission(
            "item names and contents", "The server cannot read them. A device's export has them beside this document."),
        new ExportPart.Omission(
            "backup sets", "They hold the same rows as of their day, encrypted, until they expire: ask the operator."),
        new ExportPart.Omission(
            "other realms", "Servers that guard a passphrase beside this one have standings of their own: ask each."),
        new ExportPart.Omission(
            "the public log", "Its leaves name nobody; the activity tells which of them are this account's. "
                + "Anybody reads them at /audit."),
        new ExportPart.Omission(
            "the app", "What the app keeps of its user, and its tokens' issuer, are theirs to tell: ask the app."),
        new ExportPart.Omission(
            "log lines and metrics of the server", "They name no subject; the operator says how long they are kept."),
    ];
}
