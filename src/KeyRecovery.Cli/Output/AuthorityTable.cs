using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace KeyRecovery.Cli.Output;

/// <summary>Devices and slots, for people and for machines.</summary>
internal static class AuthorityTable
{
    /// <summary>Columns below which a row would break an id, which people copy.</summary>
    private const int TableWidth = 110;

    public static JsonObject Json(AuthorityInfo authority) => new JsonObject
    {
        ["id"] = authority.Id.ToString(),
        ["kind"] = authority.Kind.ToJson(),
        ["name"] = authority.Name.Length == 0 ? null : authority.Name,
        ["added"] = authority.Added,
        ["addedBy"] = authority.AddedBy.ToString(),
        ["isThisDevice"] = authority.IsThisDevice,
        ["trustedFrom"] = authority.TrustedFrom,
        ["sealIsBad"] = authority.SealIsBad,
        ["replace"] = authority.Replace,
    };

    /// <summary>A row each, the oldest first; at a narrow terminal a few lines each.</summary>
    public static void Write(
        Terminal people, ImmutableArray<AuthorityInfo> authorities, ImmutableArray<AuthorityId> mended = default)
    {
        if (people.Width >= TableWidth) WriteTable(people, authorities, mended);
        else WriteLines(people, authorities, mended);
    }

    private static void WriteTable(
        Terminal people, ImmutableArray<AuthorityInfo> authorities, ImmutableArray<AuthorityId> mended)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("Name", "Kind", "Added", "Trusted from", "Id", "");
        foreach (var authority in authorities)
        {
            table.AddRow(
                Terminal.Cell(Words.Name(authority)), Terminal.Cell(Words.Kind(authority.Kind)),
                Terminal.Cell(Words.Time(authority.Added)),
                Terminal.Cell(Trusted(authority)), Terminal.Cell(authority.Id.ToString()),
                Terminal.Cell(Marks(authority, mended)));
        }
        people.Write(table);
    }

    private static void WriteLines(
        Terminal people, ImmutableArray<AuthorityInfo> authorities, ImmutableArray<AuthorityId> mended)
    {
        var grid = new Grid().AddColumn(new GridColumn().PadLeft(2));
        foreach (var authority in authorities)
        {
            List<string> lines =
            [
                // What has no name is called by its kind.
                authority.Name.Length == 0
                    ? Words.Name(authority) : $"{authority.Name}, {Words.Kind(authority.Kind)}",
                $"  {Times(authority)}",
                $"  {authority.Id}",
            ];
            if (Marks(authority, mended) is { Length: > 0 } marks) lines.Add($"  {marks}");
            grid.AddRow(Terminal.Cell([.. lines]));
        }
        people.Write(grid);
    }

    private static string Times(AuthorityInfo authority) => $"added {Words.Time(authority.Added)}" + authority switch
    {
        { TrustedFrom: null } => "",
        _ when IsTrustedAtOnce(authority) => ", trusted at once",
        { TrustedFrom: { } from } => $", trusted from {Words.Time(from)}",
    };

    private static string Trusted(AuthorityInfo authority) => authority switch
    {
        { TrustedFrom: null } => "-",
        _ when IsTrustedAtOnce(authority) => "at once",
        { TrustedFrom: { } from } => Words.Time(from),
    };

    private static bool IsTrustedAtOnce(AuthorityInfo authority) =>
        authority.TrustedFrom <= authority.Added.AddMinutes(5);

    private static string Marks(AuthorityInfo authority, ImmutableArray<AuthorityId> mended)
    {
        List<string> marks = [];
        if (authority.IsThisDevice) marks.Add("this one");
        if (authority.Replace) marks.Add("replace: may be known to who stole a device");
        if (!mended.IsDefault && mended.Contains(authority.Id)) marks.Add("seal was bad, mended");
        else if (authority.SealIsBad) marks.Add("bad seal");
        return string.Join("; ", marks);
    }
}
