using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Benchmarks;

/// <summary>Commits and guesses while an operator's job erases thousands.</summary>
internal static class ErasureLoadBenchmark
{
    private const int Clients = 4;
    private const int PerClient = 600;
    private const int JobLines = 6_000;

    public static async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        var accounts = await ErasurePopulation.FillAsync(folder["server"], 2 * JobLines, 2 * JobLines);
        await using var server = await ServerProcess.StartAsync(folder["server"], 0, RealmBenchmark.Settings);
        using var http = new HttpClient { BaseAddress = server.Address };
        using (var minted = await http.PostAsJsonAsync(
            "/v1/dev/tokens", new { subject = "officer", app = ErasureWorld.App, scope = "keyrecovery.erase" }))
            http.DefaultRequestHeaders.Authorization =
                new AuthenticationHeaderValue(
                    "Bearer", Text(await minted.Content.ReadFromJsonAsync<JsonElement>(), "token"));
        var load = await MixedLoad.PrepareAsync(server, Clients, PerClient);
        await load.IdleAsync();
        var erased = await BesideAsync(http, accounts.Take(JobLines), load.CommitsAsync);
        erased += await BesideAsync(http, accounts.Skip(JobLines), load.GuessesAsync);
        load.Tell(report, $"erasures ({erased:N0} of them)");
    }

    // How many were erased meanwhile. A job that ended first would have left part of the load alone.
    private static async Task<int> BesideAsync(
        HttpClient http, IEnumerable<ErasureAccount> accounts, Func<Task> measure)
    {
        var lines = string.Join('\n', accounts.Select(a => JsonSerializer.Serialize(new { subject = a.Subject })));
        using var body =
            new ByteArrayContent(Encoding.UTF8.GetBytes(lines)) {
                Headers = { ContentType = new MediaTypeHeaderValue("application/x-ndjson") },
            };
        using var filed = await http.PostAsync(new Uri("/v1/admin/erasures", UriKind.Relative), body);
        var job = Text(await filed.Content.ReadFromJsonAsync<JsonElement>(), "job");
        await measure();
        var report = await ReadAsync(http, job);
        if (report.GetProperty("state").GetString() != "running")
            throw new InvalidOperationException("the job was too short");
        var erased = report.GetProperty("erased").GetInt32();
        while ((await ReadAsync(http, job)).GetProperty("state").GetString() == "running") await Task.Delay(500);
        return erased;
    }

    private static async Task<JsonElement> ReadAsync(HttpClient http, string job) =>
        await http.GetFromJsonAsync<JsonElement>(new Uri($"/v1/admin/erasures/{job}?limit=1", UriKind.Relative));

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
