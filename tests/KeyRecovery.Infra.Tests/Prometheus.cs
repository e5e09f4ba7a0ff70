using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>
/// Prometheus itself, with the files that operators are given. Only where it finds the server, and how often it looks,
/// are others here.
/// </summary>
internal sealed class Prometheus : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly TempFolder _folder = new();
    private readonly HttpClient _http = new();
    private readonly Process _process;

    /// <summary>Starts it.</summary>
    /// <param name="metrics">Where the server answers it.</param>
    public Prometheus(Uri metrics)
    {
        var settings = File.ReadAllText(Infra.Files("prometheus", "prometheus.yml").Single());
        foreach (var (from, to) in new[]
        {
            ("127.0.0.1:9464", metrics.Authority), ("scrape_interval: 15s", "scrape_interval: 500ms"),
            ("scrape_configs:", "global: { evaluation_interval: 500ms }\nscrape_configs:"),
        })
        {
            Assert.Contains(from, settings, StringComparison.Ordinal);
            settings = settings.Replace(from, to, StringComparison.Ordinal);
        }

        File.WriteAllText(_folder["prometheus.yml"], settings);
        File.Copy(Infra.Files("prometheus", "alerts.yml").Single(), _folder["alerts.yml"]);
        var port = FreePort.Next();
        _http.BaseAddress = new Uri($"http://127.0.0.1:{port}/");
        _process = Process.Start(new ProcessStartInfo(Machine.PathOf(Need.Prometheus),
        [
            $"--config.file={_folder["prometheus.yml"]}", $"--storage.tsdb.path={_folder["data"]}",
            $"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
        ]))!;
    }

    /// <summary>What it answers to a query, as its API has it: <c>status</c>, <c>data.result</c>.</summary>
    public async Task<JsonElement> QueryAsync(string query)
    {
        using var answer = await _http.GetAsync($"api/v1/query?query={Uri.EscapeDataString(query)}");
        // While it starts it says so in words; of a query that it cannot read it says so in its API's own.
        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable) throw new HttpRequestException("it starts");
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>Waits until a query finds something.</summary>
    public async Task WaitForAsync(string query)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            try
            {
                var answer = await QueryAsync(query);
                if (IsGood(answer) && answer.GetProperty("data").GetProperty("result").GetArrayLength() > 0) return;
            }
            catch (HttpRequestException) when (!_process.HasExited)
            {
                // It does not listen yet.
            }

            await Task.Delay(200, limit.Token);
        }
    }

    /// <summary>Each alert with how it fared when it was last looked at: <c>ok</c>.</summary>
    public async Task<IReadOnlyDictionary<string, string>> AlertsAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var answer = await _http.GetFromJsonAsync<JsonElement>("api/v1/rules", limit.Token);
            var alerts = answer.GetProperty("data").GetProperty("groups").EnumerateArray()
                .SelectMany(group => group.GetProperty("rules").EnumerateArray())
                .ToDictionary(rule => rule.GetProperty("name").GetString()!,
                    rule => rule.GetProperty("health").GetString()!);
            if (!alerts.ContainsValue("unknown")) return alerts;
            await Task.Delay(200, limit.Token);
        }
    }

    /// <summary>Whether it could read a query.</summary>
    public static bool IsGood(JsonElement answer) => answer.GetProperty("status").GetString() == "success";

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        _folder.Dispose();
    }
}
