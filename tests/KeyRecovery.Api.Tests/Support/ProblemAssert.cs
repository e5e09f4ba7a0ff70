using System.Net;
using System.Text.Json;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>Reads an answer that must be a problem.</summary>
internal static class ProblemAssert
{
    /// <summary>Asserts status, media type and shape, and gives the document for more.</summary>
    public static async Task<JsonElement> IsAsync(
        HttpResponseMessage response, HttpStatusCode status, string slug, string? field = null)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode}, not {(int)status}: {body}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonSerializer.Deserialize<JsonElement>(body);
        Assert.Equal($"urn:keyrecovery:error:{slug}", problem.GetProperty("type").GetString());
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.NotEqual("", problem.GetProperty("title").GetString());
        Assert.Equal(field, problem.TryGetProperty("field", out var named) ? named.GetString() : null);
        Assert.Equal(status == HttpStatusCode.Unauthorized, problem.TryGetProperty("serverTime", out _));
        return problem;
    }
}
