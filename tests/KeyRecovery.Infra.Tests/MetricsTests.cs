using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>Figures as Prometheus and a collector of OTLP have them from a server that works.</summary>
public sealed partial class MetricsTests : IDisposable
{
    private const string Subject = "margarethe";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [NeedsFact(Need.Prometheus)]
    public async Task Dashboard_and_alerts_ask_for_what_a_server_tells_and_nobody_is_told_of()
    {
        await using var collector = new Collector();
        var (exit, output) = await ServerProcess.RunAsync(
            "offline-key", "--private", _folder["offline.key"], "--public", _folder["offline.pub"]);
        Assert.True(exit == 0, output);
        (string, string)[] settings =
        [
            ("Prometheus:Listen", "http://127.0.0.1:0"), ("Backup:OfflineKeyFile", _folder["offline.pub"]),
            ("Backup:EscrowDirectory", _folder["escrows"]), ("RateLimits:Address:Burst", "150"),
            ("RateLimits:Address:PerSecond", "1"),
            ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"), ("Apps:0:Audience", "demo"),
            ("Apps:0:Events:Webhook", $"http://127.0.0.1:{FreePort.Next()}/"),
        ];
        await using var server = await ServerProcess.StartAsync(_folder["data"], 0, collector.Environment, settings);
        var metrics = MetricsOf(server);
        using var http = new HttpClient();
        AssertBegun(await http.GetStringAsync(new Uri(metrics, "/metrics")));
        await WorkAsync(server);
        foreach (var verb in (string[][])[["rotate"], ["backup", "--to", _folder["sets"], "--json"]])
        {
            (exit, output) = await ServerProcess.RunVerbAsync(
                _folder["data"], new Dictionary<string, string>(), settings, verb);
            Assert.True(exit == 0, output);
        }

        // What Azure's rules look for is what a set that was made says, and one that was not.
        var rules = await AzureRules.QueriesAsync();
        Assert.Equal(["backup-failed", "errors", "no-backup"], rules.Keys.Order(StringComparer.Ordinal));
        AssertFound(rules, output, "no-backup");
        AssertFound(rules, server.Output);

        // Until the address has used up what is its.
        var status = HttpStatusCode.OK;
        for (var i = 0; i < 1_000 && status != HttpStatusCode.TooManyRequests; i++)
            status = (await http.GetAsync(new Uri(server.Address, "/v1/config"))).StatusCode;

        // Nobody is at the webhook: it waits for a second, and is told of then.
        var page = "";
        for (var i = 0; i < 600 && !page.Contains("keyrecovery_webhook_failures_total", StringComparison.Ordinal); i++)
        {
            if (i > 0) await Task.Delay(100);
            page = await http.GetStringAsync(new Uri(metrics, "/metrics"));
        }

        var told = Told(page);
        var named = Instruments();
        // How names become those of Prometheus is shown by those that were told.
        Assert.Empty(told.Keys.Where(name => name.StartsWith("keyrecovery_", StringComparison.Ordinal)).Except(named));
        named.UnionWith(told.Keys);
        string[] moved =
            ["requests", "rate_limited", "commits", "recoveries", "rotations", "backups", "webhook_failures"];
        foreach (var name in moved)
            Assert.Contains($"keyrecovery_{name}_total", told.Keys);
        var queries = Dashboard.Queries().ToList();
        Assert.True(queries.Count > 25);
        Assert.Empty(queries.SelectMany(query => Dashboard.Unknown(query.Query, query.Legend, named, told)));
        // What would be found.
        Assert.Single(Dashboard.Unknown("rate(keyrecovery_request_total[5m])", "", named, told));
        Assert.Single(Dashboard.Unknown("sum by (path) (keyrecovery_requests_total)", "", named, told));
        Assert.Single(Dashboard.Unknown("keyrecovery_requests_total{user=\"a\"}", "", named, told));
        Assert.Single(Dashboard.Unknown("keyrecovery_backups_total", "{{kind}}", named, told));

        Assert.Contains("service_name=\"keyrecovery\"", page, StringComparison.Ordinal);
        await collector.WaitForAsync("keyrecovery.requests");
        Assert.Contains("service.name", collector.Text, StringComparison.Ordinal);
        foreach (var text in (string[])[page, collector.Text, server.Output])
            Assert.DoesNotContain(Subject, text, StringComparison.OrdinalIgnoreCase);

        await AssertReadAsync(metrics, async () =>
        {
            // Where no folder can be made.
            (exit, output) = await ServerProcess.RunVerbAsync(
                _folder["data"], new Dictionary<string, string>(), settings,
                "backup", "--to", _folder["offline.pub/sets"], "--json");
            Assert.Equal(1, exit);
            AssertFound(rules, output, "backup-failed");
        });
        AssertFound(rules, server.Output, "errors");
        // Neither listener has what is the other's.
        using var ofServer = await http.GetAsync(new Uri(server.Address, "/metrics"));
        using var ofMetrics = await http.GetAsync(new Uri(metrics, "/health/live"));
        Assert.NotEqual(HttpStatusCode.OK, ofServer.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, ofMetrics.StatusCode);
    }

    private static void AssertFound(Dictionary<string, string> rules, string output, params string[] by) =>
        Assert.Equal(by, rules.Keys.Where(name => AzureRules.Finds(rules[name], output)).Order(StringComparer.Ordinal));

    // What an alert wants to see change is there before it does.
    private static void AssertBegun(string page)
    {
        var watched = Increase().Matches(File.ReadAllText(Infra.Files("prometheus", "alerts.yml").Single()))
            .Select(match => (Name: match.Groups[1].Value, Label: match.Groups[2].Value))
            .Where(one => one.Name != "keyrecovery_requests_total").ToList();
        Assert.True(watched.Count > 6);
        Assert.All(watched, one => Assert.True(IsThere(one.Name, one.Label), $"{one.Name} {one.Label}"));
        Assert.False(IsThere("keyrecovery_requests_total", ""));
        Assert.False(IsThere("keyrecovery_backups_total", "outcome=\"lost\""));
        // Where no set is yet, it is as old as the process.
        Assert.InRange(BackupAgeIn(page), 0, 60);

        bool IsThere(string name, string label) => page.Split('\n').Any(line =>
            line.StartsWith($"{name}{{", StringComparison.Ordinal)
            && Exact().Matches(label).All(match => line.Contains(match.Value, StringComparison.Ordinal))
            && Zero().IsMatch(line));
    }

    // Prometheus finds the server by its file, can read each alert and each query of the dashboard, and calls somebody
    // for the first backup that fails.
    private static async Task AssertReadAsync(Uri metrics, Func<Task> fail)
    {
        await using var prometheus = new Prometheus(metrics);
        await prometheus.WaitForAsync("up{job=\"keyrecovery\"} == 1");
        await prometheus.WaitForAsync("sum(keyrecovery_requests_total) > 100");
        var alerts = await prometheus.AlertsAsync();
        Assert.True(alerts.Count > 8);
        Assert.All(alerts, alert => Assert.Equal("ok", alert.Value));
        foreach (var (query, _) in Dashboard.Queries())
        {
            var answer = await prometheus.QueryAsync(query.Replace("$__rate_interval", "5m", StringComparison.Ordinal));
            Assert.True(Prometheus.IsGood(answer), query);
        }

        Assert.False(Prometheus.IsGood(await prometheus.QueryAsync("sum(rate(keyrecovery_requests_total)")));

        const string Called = "ALERTS{alertname=\"KeyRecoveryBackupFailed\",alertstate=\"firing\"}";
        await prometheus.WaitForAsync("keyrecovery_backups_total{outcome=\"failed\"} == 0");
        Assert.Equal(0, (await prometheus.QueryAsync(Called)).GetProperty("data").GetProperty("result")
            .GetArrayLength());
        await fail();
        await prometheus.WaitForAsync(Called);
    }

    /// <summary>How old the newest set with keys is, as a server tells it.</summary>
    internal static double BackupAgeIn(string page) => double.Parse(
        Age().Match(page).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Where a server answers Prometheus.</summary>
    internal static Uri MetricsOf(ServerProcess server)
    {
        var line = server.Output.Split('\n').Single(l => l.Contains("MetricsAddresses\":", StringComparison.Ordinal));
        using var parsed = JsonDocument.Parse(line);
        return new Uri(parsed.RootElement.GetProperty("MetricsAddresses")[0].GetString()!);
    }

    private static async Task WorkAsync(ServerProcess server)
    {
        using var phone = new TestDevice(server.Address);
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using (var vault = await phone.CreateAsync(await server.TokenAsync(Subject), code))
            TestDevice.Value(await vault.PutAsync("item", "content"u8.ToArray()));
        using var tablet = new TestDevice(server.Address);
        using var recovered = await tablet.RecoverAsync(code);
    }

    private static Dictionary<string, HashSet<string>> Told(string page)
    {
        var told = new Dictionary<string, HashSet<string>>();
        foreach (Match line in Line().Matches(page))
        {
            if (!told.TryGetValue(line.Groups[1].Value, out var labels)) told[line.Groups[1].Value] = labels = [];
            labels.UnionWith(Label().Matches(line.Groups[2].Value).Select(match => match.Groups[1].Value));
        }

        return told;
    }

    // Those too that nothing has moved yet: as the sources make them.
    private static HashSet<string> Instruments()
    {
        var names = new HashSet<string>();
        foreach (var file in Directory.EnumerateFiles(
            Path.Combine(Infra.Folder, "..", "src"), "*Met*.cs", SearchOption.AllDirectories))
        {
            foreach (Match made in Made().Matches(File.ReadAllText(file)))
            {
                var name = made.Groups[2].Value.Replace('.', '_')
                    + made.Groups[3].Value switch { "ms" => "_milliseconds", "s" => "_seconds", _ => "" };
                names.UnionWith(made.Groups[1].Value switch
                {
                    "Counter" => [$"{name}_total"],
                    "Histogram" => [$"{name}_bucket", $"{name}_sum", $"{name}_count"],
                    _ => (string[])[name],
                });
            }
        }

        Assert.True(names.Count > 15);
        return names;
    }

    [GeneratedRegex(@"Create(Counter|Histogram|Gauge|ObservableGauge|UpDownCounter)(?:<\w+>)?\(\s*""([a-z._]+)"""
        + @"(?:,\s*(?:unit: )?""([^""]+)"")?")]
    private static partial Regex Made();

    [GeneratedRegex(@"increase\(([a-z_]+)(?:\{([^}]*)\})?\[")]
    private static partial Regex Increase();

    [GeneratedRegex("[a-z_]+=\"[^\"]*\"")]
    private static partial Regex Exact();

    [GeneratedRegex(@"^keyrecovery_backup_age_seconds\{[^}]*\} (\d+)", RegexOptions.Multiline)]
    private static partial Regex Age();

    [GeneratedRegex(@"\} 0( \d+)?$")]
    private static partial Regex Zero();

    [GeneratedRegex("^([a-z_0-9]+)(?:{(.*)})? [^ ]+", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex("([a-z_0-9]+)=\"")]
    private static partial Regex Label();

    /// <summary>Takes what is sent by OTLP over HTTP (protobuf, whose texts stand in it as they are).</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly StringBuilder _text = new();
        private readonly string _url = $"http://127.0.0.1:{FreePort.Next()}/";
        private readonly Task _receiving;

        public Collector()
        {
            _listener.Prefixes.Add(_url);
            _listener.Start();
            _receiving = ReceiveAsync();
        }

        public Dictionary<string, string> Environment => new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _url, ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500", ["OTEL_BSP_SCHEDULE_DELAY"] = "500",
        };

        public string Text
        {
            get { lock (_text) return _text.ToString(); }
        }

        public async Task WaitForAsync(string text)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            while (!Text.Contains(text, StringComparison.Ordinal)) await Task.Delay(100, limit.Token);
        }

        public async ValueTask DisposeAsync()
        {
            _listener.Close();
            await _receiving;
        }

        private async Task ReceiveAsync()
        {
            try
            {
                while (true)
                {
                    var context = await _listener.GetContextAsync();
                    using var body = new MemoryStream();
                    await context.Request.InputStream.CopyToAsync(body);
                    lock (_text) _text.Append(Encoding.Latin1.GetString(body.ToArray()));
                    context.Response.Close();
                }
            }
            catch (Exception end) when (end is HttpListenerException or ObjectDisposedException or IOException)
            {
                // The test is over.
            }
        }
    }
}
