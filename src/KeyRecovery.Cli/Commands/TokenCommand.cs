using System.CommandLine;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>token</c>: a token of the development issuer, from a server on this machine.</summary>
internal static class TokenCommand
{
    public static Command Make()
    {
        var subject = new Option<string>("--subject") {
            HelpName = "NAME", Description = "The app's user", Required = true,
        };
        return new Command(
            "token", "Gets a development token, from a server in Development on this machine") { subject }
            .Runs((context, parsed, ct) => RunAsync(context, parsed.GetRequiredValue(subject), ct));
    }

    private static async Task RunAsync(CliContext context, string subject, CancellationToken ct)
    {
        var token = await FetchAsync(context.Server, context.App, subject, ct);
        context.Output.Result(
            new { token.Token, token.ExpiresInMs }, people => people.Profile.Out.Writer.WriteLine(token.Token));
    }

    /// <summary>Asks the server for a token.</summary>
    public static async Task<DevelopmentToken> FetchAsync(Uri server, string app, string subject, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = server, Timeout = TimeSpan.FromSeconds(30) };
        try
        {
            using var response = await http.PostAsJsonAsync("/v1/dev/tokens", new { subject, app }, ct);
            if (response.IsSuccessStatusCode
                && await response.Content.ReadFromJsonAsync<DevelopmentToken>(ct) is { Token.Length: > 0 } token)
                return token;
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
