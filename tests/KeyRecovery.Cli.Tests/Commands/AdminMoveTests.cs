using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary><c>admin move</c>: a real process, a real server.</summary>
[Collection(CliTests.Name)]
public sealed class AdminMoveTests(CliFixture fixture)
{
    [Fact]
    public async Task A_file_is_tried_moved_and_sent_again()
    {
        var (officer, token) = await OfficerAsync();
        var (phone, subject) = await NewPersonAsync();
        var (laptop, other) = await NewPersonAsync();
        var third = (await NewPersonAsync()).Subject;
        // Windows' line ends, an empty line, a name that turns the direction of text, one that begins with a dash.
        var file = await fixture.NewFileAsync(Encoding.UTF8.GetBytes(string.Join(
            "\r\n", Line(subject, $"-\u202e<b>{subject}"), "", Line(other, third),
            Line($"no {subject}", $"nor {subject}"))));

        var dry = (await officer.RunAsync("admin", "move", file, "--token", token, "--json")).Ended(0).Json;
        Assert.Equal((true, 3, 1, 0, 1, 1), Counts(dry));
        Assert.Equal([(3, "taken"), (4, "unknown")], dry.GetProperty("left").EnumerateArray()
            .Select(l => (l.GetProperty("line").GetInt32(), l.GetProperty("outcome").GetString()!)));
        var people = (await officer.RunAsync("admin", "move", file, "--token", token)).Ended(0);
        Assert.Contains("1 would be moved", people.Output, StringComparison.Ordinal);
        Assert.Contains("--apply", people.Output, StringComparison.Ordinal);

        var done = (await officer.RunAsync("admin", "move", file, "--apply", "--token", token, "--json")).Ended(0).Json;
        Assert.Equal((false, 3, 1, 0, 1, 1), Counts(done));
        var again = (await officer.RunAsync(
            "admin", "move", file, "--apply", "--token", token, "--json")).Ended(0).Json;
        Assert.Equal((false, 3, 0, 1, 1, 1), Counts(again));
        foreach (var one in new[] { phone, laptop }) (await one.RunAsync("backup", "list")).Ended(0);
    }

    [Fact]
    public async Task What_is_no_list_is_refused_before_anything_is_sent()
    {
        var (officer, token) = await OfficerAsync();
        var (_, subject) = await NewPersonAsync();
        var good = Encoding.UTF8.GetBytes(Line(subject, $"new {subject}") + "\n");
        foreach (var second in new[]
        {
            "{", "[]", "{\"subject\":1}", "{\"to\":\"a\"}", "{\"subject\":\"a\",\"subject\":\"b\"}",
            "{\"subject\":\"a\",\"other\":\"b\"}", "{\"subject\":\"\\ud800\"}", Line("a", subject),
        })
        {
            var file = await fixture.NewFileAsync([.. good, .. Encoding.UTF8.GetBytes(second)]);
            var refused = (await officer.RunAsync(
                "admin", "move", file, "--apply", "--token", token, "--json")).Ended(1);
            Assert.Equal("malformed", refused.Text("error"));
            Assert.Contains("line 2", refused.Text("message"), StringComparison.Ordinal);
        }

        foreach (var bytes in new byte[][] { [], [.. good, 0x22, 0xff, 0x0a] })
            Assert.Equal("malformed", (await officer.RunAsync(
                "admin", "move", await fixture.NewFileAsync(bytes), "--apply", "--token", token, "--json")).Ended(1)
                .Text("error"));
        var list = await fixture.NewFileAsync(good);
        Assert.Equal("unauthenticated",
            (await officer.RunAsync("admin", "move", list, "--apply", "--json")).Ended(1).Text("error"));
        Assert.Equal("token-invalid", (await officer.RunAsync(
            "admin", "move", list, "--apply", "--token", await fixture.NewTokenAsync(), "--json")).Ended(1)
            .Text("error"));
        // The control: nothing was moved by any of these.
        var dry = (await officer.RunAsync("admin", "move", list, "--token", token, "--json")).Ended(0).Json;
        Assert.Equal((true, 1, 1, 0, 0, 0), Counts(dry));
    }

    private async Task<(CommandLine Officer, string Token)> OfficerAsync()
    {
        using var http = new HttpClient { BaseAddress = fixture.Server.Address };
        using var response = await http.PostAsJsonAsync(
            "/v1/dev/tokens", new { subject = "officer", scope = "keyrecovery.move" });
        var token = fixture.NewPath(".token");
        await File.WriteAllTextAsync(
            token, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!);
        return (fixture.NewDevice(), token);
    }

    private async Task<(CommandLine Phone, string Subject)> NewPersonAsync()
    {
        var (phone, token, subject) = (fixture.NewDevice(), fixture.NewPath(".token"), Canary.NewText());
        await File.WriteAllTextAsync(token, await fixture.Server.TokenAsync(subject));
        (await phone.RunAsync("account", "create", "--no-code", "--name", "phone", "--token", token)).Ended(0);
        return (phone, subject);
    }

    private static string Line(string subject, string to) => JsonSerializer.Serialize(new { subject, to });

    private static (bool, int, int, int, int, int) Counts(JsonElement json) => (
        json.GetProperty("dryRun").GetBoolean(), Count(json, "lines"), Count(json, "moved"), Count(json, "same"),
        Count(json, "taken"), Count(json, "unknown"));

    private static int Count(JsonElement json, string name) => json.GetProperty(name).GetInt32();
}
