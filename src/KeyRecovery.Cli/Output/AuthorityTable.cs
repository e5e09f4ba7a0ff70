using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Output;

/// <summary>Devices and slots, for people and for machines.</summary>
internal static class AuthorityTable
{
    public static object Json(AuthorityInfo authority) => new
    {
        id = authority.Id.ToString(),
        authority.Kind,
        name = authority.Name.Length == 0 ? null : authority.Name,
        authority.Added,
        addedBy = authority.AddedBy.ToString(),
        authority.IsThisDevice,
        authority.TrustedFrom,
        authority.SealIsBad,
        authority.Replace,
    };

    /// <summary>A row each, the oldest first.</summary>
    public static void Write(
        IAnsiConsole people, ImmutableArray<AuthorityInfo> authorities, ImmutableArray<AuthorityId> mended = default)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("Name", "Kind", "Added", "Trusted from", "Id", "");
        foreach (var authority in authorities)
        {
            table.AddRow(
                new Text(Words.Name(authority)), new Text(Words.Kind(authority.Kind)),
                new Text(Words.Time(authority.Added)),
                new Text(Trusted(authority)), new Text(authority.Id.ToString()),
                new Text(Marks(authority, !mended.IsDefault && mended.Contains(authority.Id))));
        }
        people.Write(table);
    }

    private static string Trusted(AuthorityInfo authority) => authority.TrustedFrom switch
    {
        null => "-",
        { } from when from <= authority.Added.AddMinutes(5) => "at once",
        { } from => Words.Time(from),
    };

    private static string Marks(AuthorityInfo authority, bool mended)
    {
        List<string> marks = [];
        if (authority.IsThisDevice) marks.Add("this one");
        if (authority.Replace) marks.Add("replace: may be known to who stole a device");
        if (mended) marks.Add("seal was bad, mended");
        else if (authority.SealIsBad) marks.Add("bad seal");
        return string.Join("; ", marks);
    }
}
