using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Protocol.Audit.Log;
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
    public async Task Killed_in_the_midst_of_a_file_it_is_started_again_and_goes_on_and_nobody_is_moved_twice()
    {
        const int Page = 200;
        var (officer, token) = await OfficerAsync();
        var people = new List<(TestDevice Device, string Subject)>();
        var lines = new List<string>();
        try
        {
            // Three requests, and in each somebody among those who are unknown.
            for (var page = 0; page < 3; page++)
            {
                people.Add((new TestDevice(fixture.Server.Address), Canary.NewText()));
                var (device, subject) = people[^1];
                using (await device.CreateAsync(await fixture.Server.TokenAsync(subject), null)) { }
                lines.AddRange(Enumerable.Range(0, Page).Select(i =>
                    i == 100 ? Line(subject, $"new {subject}") : Line($"no {subject} {i}", $"nor {subject} {i}")));
            }

            var file = await fixture.NewFileAsync(Encoding.UTF8.GetBytes(string.Join('\n', lines)));
            string[] command = ["admin", "move", file, "--apply", "--token", token, "--json"];
            // The second request does not arrive; then it does, and its answer is lost.
            foreach (var isLost in new[] { false, true })
            {
                await using var relay = new TcpRelay { Server = fixture.Server.Address };
                var (requests, second) = (0, new TaskCompletionSource());
                relay.OnRequest = async line =>
                {
                    if (!line.StartsWith("POST /v1/admin/moves", StringComparison.Ordinal) || ++requests < 2) return;
                    relay.SwallowsAnswers = isLost;
                    second.TrySetResult();
                    if (!isLost) await Task.Delay(Timeout.Infinite);
                };
                using var process = officer.Through(relay.Address).Start(command);
                await (isLost ? relay.Swallowed : second.Task).WaitAsync(TimeSpan.FromMinutes(2));
                process.Kill();
                await process.WaitForExitAsync();
                Assert.Equal("", await process.StandardOutput.ReadToEndAsync());
            }

            var rest = (await officer.RunAsync(command)).Ended(0).Json;
            Assert.Equal((false, 3 * Page, 1, 2, 0, 3 * (Page - 1)), Counts(rest));
            Assert.Equal((false, 3 * Page, 0, 3, 0, 3 * (Page - 1)),
                Counts((await officer.RunAsync(command)).Ended(0).Json));
            foreach (var (device, _) in people)
            {
                using var vault = await device.OpenAsync();
                Assert.Single(
                    TestDevice.Value(await vault.Log.ActivityAsync()).Entries, one => one.Event == AuditEvent.Moved);
            }
        }
        finally
        {
            foreach (var (device, _) in people) device.Dispose();
        }
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
