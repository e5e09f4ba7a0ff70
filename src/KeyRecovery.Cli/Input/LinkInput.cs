using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Input;

/// <summary>Reads a link code, scanned elsewhere or typed.</summary>
internal static class LinkInput
{
    private const int Tries = 5;

    public static async Task<string> LineAsync(Ask ask, string question, CancellationToken ct) =>
        ask.CanAsk
        ? await ask.LineAsync(question, ct)
        : Ask.ReadLine() ?? throw new CommandException(new CliFailure("link-code-missing", "no link code was given"));

    public static async Task<TypedLinkCode> TypedAsync(Ask ask, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            var parse = TypedLinkCode.Parse(await LineAsync(ask, "The 17 characters:", ct));
            if (parse is TypedLinkCodeParse.Ok ok) return ok.Code;
            var problem = Problem(parse);
            if (!ask.CanAsk || tries == Tries) throw new CommandException(problem);
            ask.Say($"{problem.Message}. Once more:");
        }
    }

    private static CliFailure Problem(TypedLinkCodeParse parse) => parse switch
    {
        TypedLinkCodeParse.WrongLength length =>
            new("link-code-length",
                $"the link code has {length.Characters} characters, and there should be {length.Expected}"),
        TypedLinkCodeParse.UnreadableCharacter bad =>
            new("link-code-character", $"group {bad.Group}, character {bad.Position} is one that no link code has"),
        _ => new("link-code-typo", "a character of the link code is wrong: compare it with the one shown"),
    };
}
