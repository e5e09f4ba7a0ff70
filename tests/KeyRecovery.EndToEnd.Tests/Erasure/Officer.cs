using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Erasure;

/// <summary>The operator who files erasures in bulk.</summary>
internal static class Officer
{
    /// <summary>Files a job.</summary>
    public static async Task<string> FileAsync(ServerProcess server, IEnumerable<string> subjects)
    {
        using var http = await ConnectAsync(server);
        var lines = string.Join('\n', subjects.Select(subject => JsonSerializer.Serialize(new { subject })));
        using var body = new StringContent(lines, Encoding.UTF8, "application/x-ndjson");
        using var filed = await http.PostAsync("/v1/admin/erasures", body);
        Assert.True(filed.IsSuccessStatusCode, await filed.Content.ReadAsStringAsync());
        return (await filed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("job").GetString()!;
    }

    /// <summary>Files a job, or the same one again, and waits for its end.</summary>
    public static async Task<JsonElement> EraseAsync(ServerProcess server, IEnumerable<string> subjects)
    {
        var job = await FileAsync(server, subjects);
        using var http = await ConnectAsync(server);
        while (true)
        {
            var report = await http.GetFromJsonAsync<JsonElement>($"/v1/admin/erasures/{job}");
            if (report.GetProperty("state").GetString() == "done") return report;
            await Task.Delay(100);
        }
    }

    /// <summary>How a job stands.</summary>
    public static async Task<JsonElement> ReadAsync(ServerProcess server, string job)
    {
        using var http = await ConnectAsync(server);
        return await http.GetFromJsonAsync<JsonElement>($"/v1/admin/erasures/{job}");
    }

    private static async Task<HttpClient> ConnectAsync(ServerProcess server)
    {
        var http = new HttpClient { BaseAddress = server.Address };
        using var response = await http.PostAsJsonAsync(
            "/v1/dev/tokens", new { subject = "officer", scope = "keyrecovery.erase" });
        http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue(
                "Bearer", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString());
        return http;
    }
}
