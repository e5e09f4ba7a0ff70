using System.CommandLine;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Development;
using KeyRecovery.Cli.Invocation;

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
            .Runs((context, parsed, ct) => RunAsync(context, parsed.GetRequiredValue(subject), ct), usesHome: false);
    }

    private static async Task RunAsync(CliContext context, string subject, CancellationToken ct)
    {
        var token = await DevelopmentToken.FetchAsync(context.Server, context.App, subject, ct);
        context.Output.Result(
            new JsonObject { ["token"] = token.Token, ["expiresInMs"] = token.ExpiresInMs },
            people => people.WriteUnbroken(token.Token));
    }
}
