using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Input;

/// <summary>Says what is wrong with a code that was typed. Nothing was sent when this is told.</summary>
internal static class CodeProblem
{
    public const string NothingSent = "Nothing was sent.";

    private const string Alphabet =
        "A code has the digits 0 and 2 to 9 and the letters without b, i and o; its prefix kr1 may be left out.";

    public static CliFailure Of(RecoveryCodeParse parse) => parse switch
    {
        RecoveryCodeParse.Typo typo => new("code-typo",
            $"group {typo.Group}, character {typo.Position} looks wrong: did you mean {typo.Suggestion}?")
        {
            Advice = [NothingSent],
            Details = new JsonObject
            {
                ["group"] = typo.Group,
                ["character"] = typo.Position,
                ["found"] = typo.Found.ToString(),
                ["suggestion"] = typo.Suggestion.ToString(),
            },
        },
        RecoveryCodeParse.WrongLength { Characters: 0 } => new("code-missing", "no code was given"),
        RecoveryCodeParse.WrongLength length => new("code-length",
            $"the code has {length.Characters} characters, and there should be {length.Expected}: {Difference(length)}")
        {
            Advice = [$"It is eight groups of four, after kr1. {NothingSent}"],
            Details = new JsonObject { ["characters"] = length.Characters, ["expected"] = length.Expected },
        },
        RecoveryCodeParse.UnreadableCharacter unreadable => new("code-character",
            $"group {unreadable.Group}, character {unreadable.Position} is one that no code has: "
            + $"{Shown(unreadable.Character)}")
        {
            Advice = [.. Lookalike(unreadable.Character), Alphabet, NothingSent],
            Details = new JsonObject
            {
                ["group"] = unreadable.Group,
                ["character"] = unreadable.Position,
                ["found"] = unreadable.Character.ToString(),
            },
        },
        RecoveryCodeParse.UnknownVersion => new("code-version", "the code is of a newer kind than this program knows")
        {
            Advice = [$"Update keyrecovery. {NothingSent}"],
        },
        _ => new("code-unreadable", "more than one character is wrong, so that they cannot be found")
        {
            Advice = [$"Compare it with the paper, group by group. {NothingSent}"],
        },
    };

    private static string Difference(RecoveryCodeParse.WrongLength length) => length.Characters < length.Expected
        ? $"{length.Expected - length.Characters} are missing"
        : $"{length.Characters - length.Expected} too many";

    private static string Shown(char character) =>
        char.IsControl(character) || char.IsSurrogate(character) ? $"U+{(int)character:X4}" : character.ToString();

    private static IEnumerable<string> Lookalike(char character) => char.ToLowerInvariant(character) switch
    {
        'b' => ["It may be an 8 or a 6."],
        'i' or '1' => ["It may be an l or a 7."],
        'o' => ["It may be a 0."],
        _ => [],
    };
}
