using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Cli.Tests.Auditing;

/// <summary>
/// <c>audit export</c> and <c>audit verify --report</c>: every erasure of a real server, from an operator's job, from a
/// device and of another app, compared with its public log.
/// </summary>
public sealed class AuditReportTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private static readonly (string, string)[] Settings =
    [
        ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"), ("Apps:0:Audience", "demo"),
        ("Apps:1:Id", "other"), ("Apps:1:Issuer", "urn:keyrecovery:development"), ("Apps:1:Audience", "other"),
        ("Rotation:MinIntervalHours", "0"), ("Rotation:RetrySeconds", "1"),
        ("RateLimits:Address:PerSecond", "100000"), ("RateLimits:Address:Burst", "100000"),
    ];

    [Fact]
    public Task A_report_has_each_erasure_of_the_log_and_one_that_lacks_or_changes_a_line_is_refused() => RunAsync(100);

    [Fact]
    [Trait("Category", "Hours")]
    public Task A_report_of_5000_erasures_is_what_the_log_has() => RunAsync(5_000);

    private static async Task RunAsync(int people)
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder["data"], 0, Settings);
        using var http = new HttpClient { BaseAddress = server.Address };
        await Parallel.ForAsync(0, people, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, _) =>
        {
            using var phone = new TestDevice(server.Address);
            using var vault = await phone.CreateAsync(await TokenAsync(http, $"person {i}", "demo"), null);
        });
        using (var phone = new TestDevice(server.Address))
        using (var vault = await phone.CreateAsync(await TokenAsync(http, "hesitant", "demo"), null))
        {
            TestDevice.Value(await vault.RequestErasureAsync());
            TestDevice.Value(await vault.CancelErasureAsync());
        }

        using (var phone = new TestDevice(server.Address, "other"))
        using (await phone.CreateAsync(await TokenAsync(http, "another's", "other"), null)) { }
        var officer = await TokenAsync(http, "officer", "demo", "keyrecovery.erase");
        // A name with markup, and one that turns the direction of text: no line of a report has them.
        var job = await FileAsync(
            http, officer, [.. Enumerable.Range(0, people).Select(i => $"person {i}"), "<b>nobody</b>\u202e"]);
        await FileAsync(http, await TokenAsync(http, "officer", "other", "keyrecovery.erase"), ["another's"]);
        await File.WriteAllTextAsync(folder["officer"], officer);
        var keys = await http.GetFromJsonAsync<JsonElement>("/audit/key");
        string[] key = ["--key", keys.GetProperty("log").GetString()!, keys.GetProperty("key").GetString()!];
        var auditor = new CommandLine(server.Address, folder["auditor"]);
        string[] log = ["--log", $"{server.Address}audit", .. key];
        await UntilAsync(auditor, log, people);

        var (report, day) = (folder["report"], DateTime.UtcNow);
        string[] period = ["--from", Day(day.AddDays(-1)), "--to", Day(day.AddDays(1))];
        var made = (await auditor.RunAsync(
            ["audit", "export", .. log, .. period, "--out", report, "--job", job, "--token", folder["officer"],
                "--json"])).Ended(0).Json;

        Assert.Equal(people + 1, made.GetProperty("erasures").GetInt32());
        Assert.Equal(3, made.GetProperty("unexplained").GetInt32());
        var json = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(report, "report.json")))!.AsObject();
        var rows = json["erasures"]!.AsArray();
        Assert.Equal(people, rows.Count(row => row!["receipts"]!.AsArray().Count == 2));
        Assert.Equal(["called off"], rows.Single(row => (string?)row!["requestedBy"] == "device")!["exceptions"]!
            .AsArray().Select(word => (string?)word));
        var lines = json["jobLines"]!.AsArray();
        Assert.Equal(people + 1, lines.Count);
        Assert.Equal("unknown", (string?)lines[^1]!["outcome"]);
        await LookAsync(report, people);
        string[] verify = ["audit", "verify", "--report", report, .. log, "--json"];
        var held = (await auditor.RunAsync(verify)).Ended(0).Json;
        Assert.Equal(people + 1, held.GetProperty("report").GetProperty("erasures").GetInt32());
        // From the folder of the log as well, by nobody's word.
        (await auditor.RunAsync(
            ["audit", "verify", "--report", report, "--dir", Path.Combine(folder["data"], "log"), .. key])).Ended(0);

        await RefusedAsync(
            auditor, verify, report, told => told["erasures"]!.AsArray().RemoveAt(people / 2), "left out");
        await RefusedAsync(
            auditor, verify, report, told => told["unexplained"]!.AsArray().RemoveAt(0), "left out");
        await RefusedAsync(
            auditor, verify, report,
            told => First(told)["leaves"]![0]!["time"] = (ulong)First(told)["leaves"]![0]!["time"]! + 60,
            "is another in the log");
        await RefusedAsync(
            auditor, verify, report, told => First(told)["requestedAt"] = (ulong)First(told)["requestedAt"]! - 60,
            "its row is not what its receipt");
        await RefusedAsync(
            auditor, verify, report,
            told => First(told)["receipts"]![0]!["receipt"] = (string?)Second(told)["receipts"]![0]!["receipt"],
            "does not commit to its receipt");
        await RefusedAsync(
            auditor, verify, report, told => told["events"]!["erased"] = 1, "counts of leaves");
        foreach (var name in (string[])["erasures.csv", "report.html"])
        {
            var (file, content) = (Path.Combine(report, name), await File.ReadAllTextAsync(Path.Combine(report, name)));
            await File.WriteAllTextAsync(file, content.Replace("operator", "device", StringComparison.Ordinal));
            Assert.Contains(name, (await auditor.RunAsync(verify)).Ended(1).Text("message"), StringComparison.Ordinal);
            // To a person, and not to a program: the last argument asks for JSON.
            Assert.Contains(
                "--rewrite", (await auditor.RunAsync(verify[..^1])).Ended(1).Error, StringComparison.Ordinal);
            // Lost; and a link of whoever sent the folder, to something of the auditor's.
            await File.WriteAllTextAsync(folder["own"], "own");
            File.Delete(file);
            if (name == "report.html") File.CreateSymbolicLink(file, folder["own"]);
            // What does not hold is not made to look as if it did.
            await RefusedAsync(
                auditor, [.. verify, "--rewrite"], report, told => told["erasures"]!.AsArray().RemoveAt(0), "left out");
            Assert.NotEqual(content, File.Exists(file) ? await File.ReadAllTextAsync(file) : null);
            var mended = (await auditor.RunAsync([.. verify, "--rewrite"])).Ended(0).Json;
            Assert.Equal(name, Assert.Single(mended.GetProperty("report").GetProperty("rewritten").EnumerateArray())
                .GetString());
            Assert.Equal(content, await File.ReadAllTextAsync(file));
            Assert.Equal("own", await File.ReadAllTextAsync(folder["own"]));
        }

        (await auditor.RunAsync(verify)).Ended(0);

        // Offline and without a token there are leaves and times, and nothing that could be left out.
        (await auditor.WithoutServer().RunAsync(
            ["audit", "export", "--dir", Path.Combine(folder["data"], "log"), .. key, .. period, "--out",
                folder["offline"], "--json"])).Ended(0);
        var offline = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder["offline"], "report.json")))!;
        Assert.Equal(3 * people + 5, offline["unexplained"]!.AsArray().Count);
        // A folder in which something lies is not written to, and a token without the scope is told nothing.
        Assert.Equal("file-exists", (await auditor.RunAsync(
            ["audit", "export", .. log, .. period, "--out", report, "--json"])).Ended(1).Text("error"));
        await File.WriteAllTextAsync(
            folder["reader"], await TokenAsync(http, "officer", "demo", "keyrecovery.export"));
        Assert.Equal("forbidden", (await auditor.RunAsync(
            ["audit", "export", .. log, .. period, "--out", folder["none"], "--token", folder["reader"],
                "--json"])).Ended(1).Text("error"));
        Assert.False(Directory.Exists(folder["none"]));
    }

    private static async Task LookAsync(string report, int people)
    {
        var page = await File.ReadAllTextAsync(Path.Combine(report, "report.html"));
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        foreach (var unwanted in (string[])["<script", "<b>", "\u202e", "style=\"", "http-equiv=\"refresh"])
            Assert.DoesNotContain(unwanted, page, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(people + 1, page.Split("<tr><th scope=\"row\"><code>").Length - 1);
        var csv = await File.ReadAllTextAsync(Path.Combine(report, "erasures.csv"));
        Assert.Equal(people + 2, csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.DoesNotContain(
            csv.Split("\r\n").SelectMany(line => line.Split(',')),
            field => field.Length > 0 && "=+-@".Contains(field[0], StringComparison.Ordinal));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite,
                File.GetUnixFileMode(Path.Combine(report, "report.json")));
        if (Environment.GetEnvironmentVariable("KEYRECOVERY_KEEP_REPORT") is { } kept)
            File.Copy(Path.Combine(report, "report.html"), kept, overwrite: true);
    }

    private static async Task RefusedAsync(
        CommandLine auditor, string[] verify, string report, Action<JsonObject> change, string words)
    {
        var file = Path.Combine(report, "report.json");
        var whole = await File.ReadAllBytesAsync(file);
        var told = JsonNode.Parse(whole)!.AsObject();
        change(told);
        await File.WriteAllTextAsync(file, told.ToJsonString());
        var run = (await auditor.RunAsync(verify)).Ended(1);
        Assert.Equal("report-wrong", run.Text("error"));
        Assert.Contains(words, run.Output, StringComparison.Ordinal);
        await File.WriteAllBytesAsync(file, whole);
    }

    private static JsonObject First(JsonObject told) => Whole(told, 0);

    private static JsonObject Second(JsonObject told) => Whole(told, 1);

    private static JsonObject Whole(JsonObject told, int at) => told["erasures"]!.AsArray()
        .Where(row => row!["receipts"]!.AsArray().Count == 2).ElementAt(at)!.AsObject();

    private static async Task UntilAsync(CommandLine auditor, string[] log, int people)
    {
        for (var end = DateTime.UtcNow + Longest; ; await Task.Delay(500))
        {
            var run = await auditor.RunAsync(["audit", "verify", .. log, "--json"]);
            if (run.ExitCode == 0 && Count(run.Json, "erased") == people + 1
                && Count(run.Json, "erased-everywhere") == people + 1
                && Count(run.Json, "erasure-cancelled") == 1) return;
            Assert.True(DateTime.UtcNow < end, $"{run.Output} {run.Error}");
        }
    }

    private static long Count(JsonElement told, string what) =>
        told.GetProperty("events").TryGetProperty(what, out var count) ? count.GetInt64() : 0;

    private static async Task<string> TokenAsync(HttpClient http, string subject, string app, string? scope = null)
    {
        using var given = await http.PostAsJsonAsync(
            "/v1/dev/tokens", scope is null ? (object)new { subject, app } : new { subject, app, scope });
        return (await given.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }

    private static async Task<string> FileAsync(HttpClient http, string token, IEnumerable<string> subjects)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/admin/erasures")
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
            Content = new StringContent(
                string.Join('\n', subjects.Select(subject => JsonSerializer.Serialize(new { subject }))),
                Encoding.UTF8, "application/x-ndjson"),
        };
        using var filed = await http.SendAsync(request);
        Assert.True(filed.IsSuccessStatusCode, await filed.Content.ReadAsStringAsync());
        return (await filed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("job").GetString()!;
    }

    private static string Day(DateTime day) =>
        day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
