using System.Text.Json;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>What a caller sees of an answer: two are the same where these are equal.</summary>
internal static class AnswerShape
{
    /// <summary>All of it, without the clock.</summary>
    public static async Task<string> OfAsync(HttpResponseMessage response)
    {
        var headers = response.Headers.Concat(response.Content.Headers).Where(h => h.Key != "Date").OrderBy(h => h.Key)
            .Select(h => $"{h.Key}: {string.Join(',', h.Value)}");
        var body = await response.Content.ReadAsByteArrayAsync();
        var members = response.IsSuccessStatusCode ? [$"{Hash256.Of(body)}"] : JsonSerializer
            .Deserialize<JsonElement>(body).EnumerateObject()
            .Select(m => m.Name == "serverTime" ? m.Name : $"{m.Name}={m.Value}");
        return $"{(int)response.StatusCode} {string.Join('|', headers)} {string.Join('|', members)}";
    }

    /// <summary>The status and, of a problem, its type: <c>404 not-found</c>.</summary>
    public static async Task<string> NameAsync(HttpResponseMessage response)
    {
        var status = $"{(int)response.StatusCode}";
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json") return status;
        var problem = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsByteArrayAsync());
        return $"{status} {problem.GetProperty("type").GetString()!["urn:keyrecovery:error:".Length..]}";
    }
}
