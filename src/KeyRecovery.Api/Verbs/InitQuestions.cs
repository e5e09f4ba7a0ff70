using System.Text.Json.Nodes;
using KeyRecovery.Api.CommandLine;
using KeyRecovery.Api.Options;

namespace KeyRecovery.Api.Verbs;

/// <summary>What <c>init</c> asks in Production, where no setting names an app; a line each.</summary>
internal sealed class InitQuestions(TextReader answers, TextWriter questions)
{
    public JsonObject Ask()
    {
        questions.WriteLine("Whose tokens does this server believe? Enter alone takes what stands in brackets.");
        var app = new JsonObject();
        var id = Answer("The app's id (a-z, 0-9, dot, dash)");
        app[nameof(AppOptions.Id)] = id;
        var issuer = Answer("Who issues its tokens, their iss");
        app[nameof(AppOptions.Issuer)] = issuer;
        app[nameof(AppOptions.Audience)] = Answer("For whom they are, their aud", id);
        var keys = Answer(
            "The issuer's public keys: a file (PEM or JWK Set), or the address of a JWK Set", "what OpenID says of it");
        if (keys is null) app[nameof(AppOptions.Authority)] = issuer;
        else if (keys.StartsWith("http", StringComparison.OrdinalIgnoreCase)) app[nameof(AppOptions.JwksUrl)] = keys;
        else app[nameof(AppOptions.KeyFile)] = Path.GetFullPath(keys);

        var settings = new JsonObject { [nameof(KeyRecoveryOptions.Apps)] = new JsonArray(app) };
        if (Answer("Under which host[:port] do devices reach it", "this machine alone") is { } authority)
            settings[nameof(KeyRecoveryOptions.Authority)] = authority;
        return settings;
    }

    private string Answer(string question)
    {
        questions.Write($"{question}: ");
        return Line() is { Length: > 0 } answer ? answer
            : throw new UsageException("init needs this answer, or settings that name an app: KeyRecovery:Apps:0:Id");
    }

    // What is in brackets may be words for what null means.
    private string? Answer(string question, string otherwise)
    {
        questions.Write($"{question} [{otherwise}]: ");
        return Line() is { Length: > 0 } answer ? answer : otherwise.Contains(' ', StringComparison.Ordinal)
            ? null : otherwise;
    }

    private string Line() => answers.ReadLine()?.Trim()
        ?? throw new UsageException(
            "init asks, and nobody answers: give settings instead, KeyRecovery:Apps:0:Id and so on");
}
