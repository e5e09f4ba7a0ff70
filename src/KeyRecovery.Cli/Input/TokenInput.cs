using System.Text;
using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Input;

/// <summary>
/// An app's token as people save one: with a byte order mark, spaces and line ends around it, or nothing of it at all.
/// </summary>
internal static class TokenInput
{
    private const int Longest = 64 * 1024;

    /// <summary>Reads it from a file, or the next line of standard input (-).</summary>
    /// <exception cref="CommandException">It is none.</exception>
    public static async Task<string> ReadAsync(string path, CancellationToken ct)
    {
        var token = path == "-"
            ? Ask.ReadLine() ?? ""
            : Encoding.UTF8.GetString(
                await BoundedFile.ReadAsync(path, Longest, _ => NoToken(path, "is too long"), ct));
        var trimmed = token.Trim('\ufeff', ' ', '\t', '\r', '\n');
        if (trimmed.Length == 0) throw new CommandException(NoToken(path, "is empty"));
        if (trimmed.Any(c => c is ' ' or '\t' or '\r' or '\n'))
            throw new CommandException(NoToken(path, "has several words or lines, and a token is one"));
        return trimmed.All(c => c is > ' ' and <= '~')
            ? trimmed : throw new CommandException(NoToken(path, "has characters that no token has"));
    }

    private static CliFailure NoToken(string path, string why) =>
        new("token-missing", $"{(path == "-" ? "the token on standard input" : $"the token file {path}")} {why}")
        {
            Advice =
            [
                "Nothing was sent. A token is one line of letters, digits and . - _, as the app's log-in gives it.",
                "For development: keyrecovery token --subject NAME > FILE",
            ],
        };
}
