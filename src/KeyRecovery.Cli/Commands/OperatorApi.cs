using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;

namespace KeyRecovery.Cli.Commands;

/// <summary>What an operator asks of the server, with the token of <c>--token</c>.</summary>
internal static class OperatorApi
{
    /// <summary>Lines to be filed, or nothing.</summary>
    public static Task<JsonElement> SendAsync(
        CliContext context, HttpMethod method, string path, Stream? lines, CancellationToken ct) =>
        SendAsync(context, method, path, lines is null ? null : new StreamContent(lines)
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/x-ndjson") },
        }, ct);

    /// <summary>Something to be done, with what belongs to it.</summary>
    public static Task<JsonElement> SendAsync(
        CliContext context, string path, JsonObject? body, CancellationToken ct) =>
        SendAsync(
            context, HttpMethod.Post, path,
            body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"), ct);

    private static async Task<JsonElement> SendAsync(
        CliContext context, HttpMethod method, string path, HttpContent? content, CancellationToken ct)
    {
        var token = await context.ReadTokenAsync(ct)
            ?? throw new CommandException(
                new CliFailure("unauthenticated", "an operator's token is needed") { Advice = ["--token FILE"] });
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = context.Server, Timeout = TimeSpan.FromMinutes(10),
        };
        using var request = new HttpRequestMessage(
            method, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        request.Content = content;
        try
        {
            using var response = await http.SendAsync(request, ct);
            using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(ct));
            if (response.IsSuccessStatusCode) return body.RootElement.Clone();
            throw new CommandException(Refused(body.RootElement));
        }
        catch (Exception failure) when (failure is HttpRequestException
            || (failure is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new CommandException(
                new CliFailure("transient",
                    "the server cannot be reached; try again") { Advice = [$"The server is {context.Server}."] });
        }
        catch (JsonException)
        {
            throw new CommandException(new CliFailure("transient", "what came is no answer of a KeyRecovery server")
            {
                Advice = [$"The server is {context.Server}."],
            });
        }
    }

    private static CliFailure Refused(JsonElement problem)
    {
        var type = problem.TryGetProperty("type", out var urn) ? urn.GetString()!.Split(':')[^1] : "refused";
        var field = problem.TryGetProperty("field", out var named) ? $" ({named.GetString()})" : "";
        return new CliFailure(
            type, $"{(problem.TryGetProperty("title", out var title) ? title.GetString() : type)}{field}");
    }
}
