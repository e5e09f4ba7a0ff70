using System.Text;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Protocol.Primitives;

// It reads lines.
#pragma warning disable RS0030

namespace KeyRecovery.Cli.Input;

/// <summary>
/// Lines of a standard input where nobody types: UTF-8, read byte by byte, so that no buffer keeps what may be a
/// secret, and whoever reads on after a line finds all that follows it.
/// </summary>
internal static class InputLines
{
    // More than any token, code or passphrase has: an input without end costs no more.
    private const int Longest = 64 * 1024;

    private static readonly Stream Input = Console.OpenStandardInput();

    /// <summary>The next line without its end, to be disposed of; null where there is none.</summary>
    public static SecretText? Read()
    {
        var line = new SecretText();
        var decoder = Encoding.UTF8.GetDecoder();
        Span<byte> next = stackalloc byte[1];
        Span<char> characters = stackalloc char[2];
        var isThere = false;
        while (Input.Read(next) == 1)
        {
            isThere = true;
            if (line.Length >= Longest)
            {
                line.Dispose();
                throw new CommandException(
                    new CliFailure("input-too-long", $"a line of standard input has more than {Longest} characters"));
            }
            if (next[0] == (byte)'\n') break;
            line.Append(characters[..decoder.GetChars(next, characters, flush: false)]);
        }
        characters.Clear();
        if (line.Span is [.., '\r']) line.Truncate(line.Length - 1);
        if (isThere) return line;
        line.Dispose();
        return null;
    }
}
