using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Api.Auth;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>The operator of an app who files erasures.</summary>
internal static class Officer
{
    /// <summary>Every scope that there is.</summary>
    public static string AllScopes { get; } = string.Join(' ', OperatorScopes.Words);

    public static async Task<string> TokenAsync(TestHost host, string app, string scope = "keyrecovery.erase")
    {
        using var response = await host.Client.PostAsJsonAsync(
            "/v1/dev/tokens", new { subject = "officer", app, scope });
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }

    public static Task<HttpResponseMessage> FileAsync(TestHost host, string? token, params string?[] subjects) =>
        FileAfterAsync(host, token, null, subjects);

    /// <summary>Files a job after another one.</summary>
    public static Task<HttpResponseMessage> FileAfterAsync(
        TestHost host, string? token, string? again, params string?[] subjects)
    {
        var body = string.Join(
            '\n', subjects.Select(s => s is null ? "nonsense" : JsonSerializer.Serialize(new { subject = s })));
        var query = again is null ? "" : $"?again={again}";
        var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/admin/erasures{query}")
        {
            Content =
                new ByteArrayContent(Encoding.UTF8.GetBytes(body)) {
                    Headers = { ContentType = new MediaTypeHeaderValue("application/x-ndjson") },
                },
        };
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return host.Client.SendAsync(request);
    }

    public static async Task<List<JsonElement>> RunAsync(TestHost host, string token, params string?[] subjects)
    {
        using var filed = await FileAsync(host, token, subjects);
        var report = await DoneAsync(host, token, await JobAsync(filed));
        return [.. report.GetProperty("outcomes").EnumerateArray()];
    }

    /// <summary>How a job stands at its end.</summary>
    public static async Task<JsonElement> DoneAsync(TestHost host, string token, string job)
    {
        while (true)
        {
            using var answer = await ReadAsync(host, token, job);
            var report = await answer.Content.ReadFromJsonAsync<JsonElement>();
            if (report.GetProperty("state").GetString() == "done") return report;
            await Task.Delay(50);
        }
    }

    public static async Task<string> JobAsync(HttpResponseMessage filed)
    {
        Assert.Equal(HttpStatusCode.Accepted, filed.StatusCode);
        return (await filed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("job").GetString()!;
    }

    public static async Task<HttpResponseMessage> ReadAsync(TestHost host, string token, string job)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, $"/v1/admin/erasures/{job}") { Headers = { Authorization = new("Bearer", token) } };
        return await host.Client.SendAsync(request);
    }
}
