using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Undo;

/// <summary><c>account undo</c> after what a thief's new device did.</summary>
[Collection(CliTests.Name)]
public sealed class AccountUndoTests(CliFixture fixture)
{
    [Fact]
    public async Task The_states_are_listed_with_why_they_are_kept_and_nothing_is_changed()
    {
        using var victim = await Victim.MakeAsync(fixture);
        var points = await PointsAsync(victim.Phone);
        Assert.Equal(Enumerable.Range(1, points.Count), points.Select(p => p.GetProperty("number").GetInt32()));
        Assert.Equal(
            points.Select(p => p.GetProperty("version").GetInt64()).OrderDescending(),
            points.Select(p => p.GetProperty("version").GetInt64()));
        var point = points.Single(IsYoung);
        var authority = point.GetProperty("authority");
        Assert.Equal((victim.ThiefId, "thief"), (Text(authority, "id"), Text(authority, "name")));
        Assert.True(point.GetProperty("until").GetDateTimeOffset() > point.GetProperty("at").GetDateTimeOffset());
        Assert.InRange(point.GetProperty("namedVersions").GetInt32(), 1, 10);
        Assert.Contains(points, p => Text(p, "reason") == "link");

        var told = (await victim.Phone.RunAsync("account", "undo")).Ended(0).Output;
        Assert.Contains("before thief's first change while it was new", told, StringComparison.Ordinal);
        Assert.Contains("before the account's devices changed", told, StringComparison.Ordinal);
        Assert.Contains(Text(point, "manifest")[..8], told, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed", told, StringComparison.Ordinal);
        Assert.Equal("thief's", (await victim.Phone.RunAsync("backup", "get", "a")).Ended(0).Output);
    }

    [Fact]
    public async Task A_dry_run_shows_what_would_change_and_changes_nothing()
    {
        using var victim = await Victim.MakeAsync(fixture);
        var point = (await PointsAsync(victim.Phone)).Single(IsYoung);
        var before = (await victim.Phone.RunAsync("account", "show", "--json")).Ended(0).Json.GetProperty("version")
            .GetInt64();
        var shown = (await victim.Phone.RunAsync(
            "account", "undo", "--to", $"{point.GetProperty("number")}", "--dry-run", "--json")).Ended(0).Json;
        Assert.False(shown.GetProperty("changed").GetBoolean());
        Assert.Equal("thief", Text(Assert.Single(shown.GetProperty("remove").EnumerateArray()), "name"));
        Assert.Equal(
            [("a", "return"), ("b", "return"), ("c", "putAgain"), ("trash", "remove")], Items(shown));
        Assert.Equal(1, shown.GetProperty("unchanged").GetInt32());
        var told = (await victim.Phone.RunAsync(
            "account", "undo", "--to", Text(point, "manifest")[..6], "--dry-run")).Ended(0).Output;
        Assert.Contains("Removed: thief.", told, StringComparison.Ordinal);
        Assert.Contains("1 item stays as it is.", told, StringComparison.Ordinal);

        Assert.Equal(before, (await victim.Phone.RunAsync("account", "show", "--json")).Ended(0).Json
            .GetProperty("version").GetInt64());
        (await victim.Thief.RunAsync("backup", "list")).Ended(0);
    }

    [Fact]
    public async Task The_owner_is_back_and_the_history_tells_what_was_taken_back_and_by_whom_it_was_written()
    {
        using var victim = await Victim.MakeAsync(fixture);
        var number = (await PointsAsync(victim.Phone)).Single(IsYoung).GetProperty("number").GetInt32();
        var done = (await victim.Phone.RunAsync("account", "undo", "--to", $"{number}", "--yes", "--json")).Ended(0)
            .Json;
        Assert.True(done.GetProperty("changed").GetBoolean());
        Assert.Equal(victim.ThiefId, Text(Assert.Single(done.GetProperty("removed").EnumerateArray()), "id"));
        Assert.Equal([("a", "return"), ("b", "return"), ("c", "putAgain"), ("trash", "remove")], Items(done));
        Assert.Empty(done.GetProperty("notPutAgain").EnumerateArray());
        await Victim.AssertIsBackAsync(fixture, victim.Phone);
        Assert.Equal("revoked", (await victim.Thief.RunAsync("backup", "list", "--json")).Ended(1).Text("error"));

        (await victim.Phone.TypeAsync("second a", "backup", "put", "a", "-")).Ended(0);
        var versions = (await victim.Phone.RunAsync("backup", "history", "a", "--json")).Ended(0).Json
            .GetProperty("versions").EnumerateArray().ToList();
        Assert.Equal(3, versions.Count);
        var undone = Assert.Single(versions, v => v.GetProperty("undone").GetBoolean());
        Assert.Equal(victim.ThiefId, Text(undone.GetProperty("writer"), "id"));
        Assert.Equal(2, undone.GetProperty("version").GetInt32());
        var hash = Text(undone, "hash");
        Assert.Equal(
            "thief's", (await victim.Phone.RunAsync("backup", "get", "a", "--hash", hash[..8])).Ended(0).Output);
        Assert.Equal("second a", (await victim.Phone.RunAsync("backup", "get", "a", "--version", "2")).Ended(0).Output);
        Assert.Equal("first a", (await victim.Phone.RunAsync("backup", "get", "a", "--version", "1")).Ended(0).Output);
        var told = (await victim.Phone.RunAsync("backup", "history", "a")).Ended(0).Output;
        Assert.Contains("phone", told.Split('\n').Single(line => line.Contains("current", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.Contains(hash[..8], told, StringComparison.Ordinal);
        (await victim.Phone.RunAsync("backup", "get", "a", "--hash", "____")).Ended(2);
    }

    [Fact]
    public async Task A_person_is_told_what_was_done_and_whom_it_locked_out()
    {
        using var victim = await Victim.MakeAsync(fixture);
        var number = (await PointsAsync(victim.Phone)).Single(IsYoung).GetProperty("number").GetInt32();
        var done = (await victim.Phone.RunAsync("account", "undo", "--to", $"{number}", "--yes")).Ended(0);
        Assert.Contains(
            "2 items brought back, 1 item stored again, 1 item taken out", done.Output, StringComparison.Ordinal);
        Assert.Contains("Locked out: thief.", done.Output, StringComparison.Ordinal);
        Assert.Contains("Back to: before thief's first change", done.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_device_that_is_new_itself_is_told_to_sign_with_the_code_and_can()
    {
        using var victim = await Victim.MakeAsync(fixture);
        var (mine, _) = await Victim.JoinAsync(fixture, victim.Code, "new phone");
        var number = (await PointsAsync(mine)).Single(IsThiefs).GetProperty("number").GetInt32();
        string[] undo = ["account", "undo", "--to", $"{number}", "--yes"];
        var refused = (await mine.RunAsync(undo)).Ended(1);
        Assert.Contains("--with-code", refused.Error, StringComparison.Ordinal);
        Assert.Equal("young-authority", (await mine.RunAsync([.. undo, "--json"])).Ended(1).Text("error"));
        var revoked = (await mine.RunAsync("device", "revoke", "thief")).Ended(1);
        Assert.Contains("--with-code", revoked.Error, StringComparison.Ordinal);

        (await mine.TypeAsync(victim.Code, [.. undo, "--with-code"])).Ended(0);
        await Victim.AssertIsBackAsync(fixture, mine);
        await Victim.AssertIsBackAsync(fixture, victim.Phone);
        bool IsThiefs(JsonElement p) => IsYoung(p) && Text(p.GetProperty("authority"), "id") == victim.ThiefId;
    }

    [Fact]
    public async Task Who_goes_can_be_named_and_nobody_goes_where_everybody_is_kept()
    {
        using var victim = await Victim.MakeAsync(fixture);
        var number = (await PointsAsync(victim.Phone)).Single(IsYoung).GetProperty("number").GetInt32();
        string[] dry = ["account", "undo", "--to", $"{number}", "--dry-run", "--json"];
        var kept = (await victim.Phone.RunAsync([.. dry, "--keep-everybody", "--everything"])).Ended(0).Json;
        Assert.Empty(kept.GetProperty("remove").EnumerateArray());
        Assert.Contains(("e", "remove"), Items(kept));
        foreach (var name in (string[])["thief", victim.ThiefId, victim.ThiefId[..6]])
        {
            var named = (await victim.Phone.RunAsync([.. dry, "--remove", name])).Ended(0).Json;
            Assert.Equal(victim.ThiefId, Text(Assert.Single(named.GetProperty("remove").EnumerateArray()), "id"));
        }
        (await victim.Phone.RunAsync([.. dry, "--remove", "phone"])).Ended(2);
        (await victim.Phone.RunAsync([.. dry, "--remove", "nobody"])).Ended(2);

        // A thief that takes the owner's name is told apart, and the name alone means nobody.
        (await victim.Thief.RunAsync("device", "rename", victim.ThiefId, "phone")).Ended(0);
        (await victim.Phone.RunAsync([.. dry, "--remove", "phone"])).Ended(2);
        Assert.Contains($"before phone ({victim.ThiefId})'s first change",
            (await victim.Phone.RunAsync("account", "undo")).Ended(0).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--to", "99", "--dry-run")]
    [InlineData("--to", "0", "--dry-run")]
    [InlineData("--to", "x", "--dry-run")]
    [InlineData("--to", "____________", "--dry-run")]
    [InlineData("--to", "1", "--remove", "a", "--keep-everybody", "--dry-run")]
    [InlineData("--to", "1")]
    [InlineData("--yes")]
    [InlineData("--dry-run")]
    public async Task A_state_that_is_not_there_and_options_that_mean_nothing_are_usage(params string[] options)
    {
        var (phone, code) = await fixture.NewAccountAsync();
        await Victim.JoinAsync(fixture, code, "laptop");
        var run = (await phone.RunAsync(["account", "undo", .. options, "--json"])).Ended(2);
        Assert.Equal("usage", run.Text("error"));
        (await phone.RunAsync("account", "undo", "--to", "1", "--dry-run")).Ended(0);
    }

    [Fact]
    public async Task Where_nothing_has_changed_nothing_is_done()
    {
        var (phone, code) = await fixture.NewAccountAsync();
        await Victim.JoinAsync(fixture, code, "laptop");
        var run = (await phone.RunAsync("account", "undo", "--to", "1", "--yes", "--json")).Ended(0);
        Assert.False(run.Json.GetProperty("changed").GetBoolean());
    }

    private static async Task<List<JsonElement>> PointsAsync(CommandLine device) =>
        [.. (await device.RunAsync("account", "undo", "--json")).Ended(0).Json.GetProperty("points").EnumerateArray()];

    private static bool IsYoung(JsonElement point) => Text(point, "reason") == "youngAuthority";

    private static string Text(JsonElement of, string member) => of.GetProperty(member).GetString()!;

    private static IEnumerable<(string, string)> Items(JsonElement of) =>
        of.GetProperty("items").EnumerateArray().Select(i => (Text(i, "name"), Text(i, "action")));
}
