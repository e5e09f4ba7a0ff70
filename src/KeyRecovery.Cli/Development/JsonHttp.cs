using System.Net.Mime;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KeyRecovery.Cli.Development;

/// <summary>JSON over HTTP for what the SDK does not do, without reflection.</summary>
internal static class JsonHttp
{
    /// <summary>What stands at a path.</summary>
    /// <exception cref="HttpRequestException">There is no answer, or it is no success.</exception>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static async Task<JsonElement> GetJsonAsync(this HttpClient http, string path, CancellationToken ct) =>
        JsonElement.Parse(await http.GetByteArrayAsync(path, ct));

    /// <summary>Sends an object; the answer may be a refusal.</summary>
    public static async Task<HttpResponseMessage> PostJsonAsync(
        this HttpClient http, string path, JsonObject body, CancellationToken ct)
    {
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, MediaTypeNames.Application.Json);
        return await http.PostAsync(path, content, ct);
    }

    /// <summary>An answer's JSON.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static async Task<JsonElement> ReadJsonAsync(this HttpResponseMessage answer, CancellationToken ct) =>
        JsonElement.Parse(await answer.Content.ReadAsByteArrayAsync(ct));
}
