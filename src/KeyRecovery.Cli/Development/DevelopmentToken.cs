using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Development;

/// <summary>A token of the development issuer.</summary>
/// <param name="Token">For <c>Authorization: Bearer</c>.</param>
/// <param name="ExpiresInMs">How long it holds, in milliseconds.</param>
internal sealed record DevelopmentToken(string Token, long ExpiresInMs)
{
    /// <summary>Asks the server for a token.</summary>
    public static async Task<DevelopmentToken> FetchAsync(Uri server, string app, string subject, CancellationToken ct)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = server, Timeout = TimeSpan.FromSeconds(30),
        };
        try
        {
            using var response = await http.PostJsonAsync(
                "/v1/dev/tokens", new JsonObject { ["subject"] = subject, ["app"] = app }, ct);
            if (response.IsSuccessStatusCode && Read(await response.ReadJsonAsync(ct)) is { } token) return token;
            throw new CommandException(Refused(response.StatusCode, server, app));
        }
        catch (HttpRequestException)
        {
            throw new CommandException(
                new CliFailure(
                    "transient", "the server cannot be reached; try again") { Advice = [$"The server is {server}."] });
        }
        catch (JsonException)
        {
            throw new CommandException(Refused(HttpStatusCode.NotFound, server, app));
        }
    }

    private static DevelopmentToken? Read(JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object
        && answer.TryGetProperty("token", out var token) && token.ValueKind == JsonValueKind.String
        && token.GetString() is { Length: > 0 } text
        && answer.TryGetProperty("expiresInMs", out var expires) && expires.TryGetInt64(out var expiresInMs)
            ? new DevelopmentToken(text, expiresInMs) : null;

    private static CliFailure Refused(HttpStatusCode status, Uri server, string app) => status switch
    {
        HttpStatusCode.BadRequest => new CliFailure("malformed", "a subject has 1 to 256 bytes"),
        HttpStatusCode.Forbidden =>
            new CliFailure("forbidden", "development tokens are given on the server's own machine only"),
        HttpStatusCode.TooManyRequests => new CliFailure("transient", "the server asks for a pause; try again"),
        _ => new CliFailure(ProblemTypes.NotFound, $"the server gives no development tokens for the app {app}")
        {
            Advice = [$"The server is {server}: does it run in Development, and has it that app?"],
        },
    };
}
