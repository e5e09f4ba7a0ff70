using System.Security.Cryptography;
using System.Text;

namespace KeyRecovery.Testing.Hosting;

/// <summary>A secret to look for, in every spelling in which it could have leaked.</summary>
/// <param name="What">What it is, for the message.</param>
/// <param name="Secret">Its bytes.</param>
public sealed record Canary(string What, byte[] Secret)
{
    /// <summary>Random bytes as lower-case hex text of 32 characters: usable as a name and as content.</summary>
    public static string NewText() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>A text.</summary>
    public static Canary Of(string what, string text) => new(what, Encoding.UTF8.GetBytes(text));

    /// <summary>
    /// Raw, base64 and base64url at each of the three alignments, hex in both cases, UTF-16 of the text and of the hex.
    /// </summary>
    public IEnumerable<(string Spelling, byte[] Bytes)> Spellings()
    {
        yield return ("raw", Secret);
        yield return ("UTF-16", Encoding.Unicode.GetBytes(Encoding.Latin1.GetString(Secret)));
        var hex = Convert.ToHexStringLower(Secret);
        yield return ("hex", Encoding.ASCII.GetBytes(hex));
        yield return ("HEX", Encoding.ASCII.GetBytes(Convert.ToHexString(Secret)));
        yield return ("hex in UTF-16", Encoding.Unicode.GetBytes(hex));
        for (var shift = 0; shift < 3; shift++)
        {
            // The characters that depend on this secret alone, whatever stands before and after it.
            var text = Convert.ToBase64String([.. new byte[shift], .. Secret]);
            var skip = shift == 0 ? 0 : shift + 1;
            var core = text[skip..(text.TrimEnd('=').Length / 4 * 4)];
            yield return ($"base64 at {shift}", Encoding.ASCII.GetBytes(core));
            yield return ($"base64url at {shift}", Encoding.ASCII.GetBytes(core.Replace('+', '-').Replace('/', '_')));
            yield return ($"base64 at {shift} in UTF-16", Encoding.Unicode.GetBytes(core));
        }
    }
}
