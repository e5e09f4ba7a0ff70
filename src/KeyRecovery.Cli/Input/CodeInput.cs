using KeyRecovery.Cli.Failures;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Cli.Input;

/// <summary>Reads a recovery code from a person or from standard input, on one line or on several.</summary>
internal sealed class CodeInput(Ask ask)
{
    private const int Tries = 5;

    public Task<RecoveryCode> ReadAsync(CancellationToken ct) =>
        ask.IsTerminal ? FromPersonAsync(ct) : Task.FromResult(FromLines(Ask.ReadSecretLine()));

    /// <summary>The same; null where standard input ends before anything was given.</summary>
    public async Task<RecoveryCode?> TryReadAsync(CancellationToken ct)
    {
        if (ask.IsTerminal) return await FromPersonAsync(ct);
        return Ask.ReadSecretLine() is { } first ? FromLines(first) : null;
    }

    // A pasted code may be broken into lines: reading ends when it is whole, or cannot become whole any more.
    private static RecoveryCode FromLines(SecretText? first)
    {
        using var typed = new SecretText();
        RecoveryCodeParse parse = new RecoveryCodeParse.WrongLength(0);
        for (var next = first; next is not null; next = Ask.ReadSecretLine())
        {
            using var line = next;
            typed.Append(line.Span);
            typed.Append('\n');
            parse = RecoveryCode.Parse(typed.Span);
            if (parse is not RecoveryCodeParse.WrongLength { Characters: < RecoveryCode.Characters }) break;
        }
        return parse is RecoveryCodeParse.Ok ok ? ok.Code : throw new CommandException(CodeProblem.Of(parse));
    }

    private async Task<RecoveryCode> FromPersonAsync(CancellationToken ct)
    {
        using var typed = new SecretText();
        for (var tries = 0; ;)
        {
            using var line = await ask.HiddenAsync(typed.Length == 0 ? "Recovery code:" : "          and:", ct);
            if (line.Span.IsWhiteSpace()) typed.Truncate(0);
            else typed.Append(line.Span);
            var parse = RecoveryCode.Parse(typed.Span);
            if (parse is RecoveryCodeParse.Ok ok) return ok.Code;
            if (parse is RecoveryCodeParse.WrongLength { Characters: < RecoveryCode.Characters } shorter)
            {
                ask.Say(typed.Length == 0
                    ? "Eight groups of four; case, spaces and dashes do not matter."
                    : $"{shorter.Characters} of {shorter.Expected} characters: go on typing, or press Enter on an "
                        + "empty line to begin anew.");
                if (typed.Length == 0 && ++tries >= Tries) throw new CommandException(CodeProblem.Of(parse));
                continue;
            }

            var problem = CodeProblem.Of(parse);
            if (parse is RecoveryCodeParse.Typo typo
                && await ask.YesAsync(
                    $"Group {typo.Group}, character {typo.Position} looks wrong. "
                    + $"Is it {typo.Suggestion} on your paper?", ct)
                && RecoveryCode.ParseCorrected(typed.Span, typo) is RecoveryCodeParse.Ok corrected)
            {
                return corrected.Code;
            }
            if (++tries >= Tries) throw new CommandException(problem);
            ask.Say($"{problem.Message}. {string.Join(' ', problem.Advice)} Once more:");
            typed.Truncate(0);
        }
    }
}
