using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

// What is no text of lines: JSON, bytes that were asked for, and keys as they are typed.
#pragma warning disable RS0030

namespace KeyRecovery.Cli.Output;

/// <summary>What is no line of text: each of these lets through less, or what was asked for.</summary>
internal static class RawOutput
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static bool IsTerminal => !Console.IsOutputRedirected;

    public static bool IsErrorTerminal => !Console.IsErrorRedirected;

    /// <summary>Standard output, in what a terminal there can show.</summary>
    public static TextWriter Standard => Of(Console.Out, Console.IsOutputRedirected);

    /// <summary>Standard error, likewise.</summary>
    public static TextWriter Error => Of(Console.Error, Console.IsErrorRedirected);

    public static void UseUtf8() =>
        Console.InputEncoding = Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>
    /// A line of JSON. What <see cref="Words.Safe"/> would replace is escaped: machines read it as it was, and a
    /// terminal sees none of it.
    /// </summary>
    public static void WriteJson(JsonObject members)
    {
        JsonForms.DropNulls(members);
        using var line = new MemoryStream();
        using (var writer = new Utf8JsonWriter(line, Options)) members.WriteTo(writer);
        Console.Out.WriteLine(Escaped(Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length)));
    }

    /// <summary>An item's bytes, as they are.</summary>
    public static void WriteBytes(ReadOnlySpan<byte> content)
    {
        using var output = Console.OpenStandardOutput();
        output.Write(content);
    }

    /// <summary>Writes the line at the cursor anew, over as much as stood there.</summary>
    /// <returns>How much stands there now.</returns>
    public static int Rewrite(string line, int written)
    {
        var safe = Words.Safe(line);
        // A line that wraps could not be rewritten.
        if (Console.WindowWidth is > 1 and var width && safe.Length >= width) safe = safe[..(width - 1)];
        Silence.Pause();
        Standard.Write('\r' + safe.PadRight(written));
        return safe.Length;
    }

    /// <summary>Shows that a key was taken.</summary>
    public static void Echo(char shown) => Error.Write(shown);

    /// <summary>Takes back as many shown characters.</summary>
    public static void Backspace(int count) =>
        Error.Write(string.Concat(Enumerable.Repeat("\b \b", count)));

    /// <summary>Says something at the cursor that is taken back.</summary>
    public static void Hint(string word) => Error.Write(word);

    /// <summary>Takes it back.</summary>
    public static void TakeBack(string word)
    {
        var width = Charset.IsUtf8 ? word.Length : Charset.ToAscii(word).Length;
        Error.Write('\r' + new string(' ', width) + '\r');
    }

    private static TextWriter Of(TextWriter stream, bool isRedirected) =>
        isRedirected || Charset.IsUtf8 ? stream : new AsciiWriter(stream);

    private static string Escaped(string json)
    {
        if (!json.EnumerateRunes().Any(Words.MovesTerminals)) return json;
        var escaped = new StringBuilder(json.Length + 16);
        Span<char> units = stackalloc char[2];
        foreach (var rune in json.EnumerateRunes())
        {
            var isMoving = Words.MovesTerminals(rune);
            foreach (var unit in units[..rune.EncodeToUtf16(units)])
                if (isMoving) escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
                else escaped.Append(unit);
        }
        return escaped.ToString();
    }

    /// <summary>A terminal's stream that takes ASCII alone.</summary>
    private sealed class AsciiWriter(TextWriter terminal) : TextWriter
    {
        public override Encoding Encoding => Encoding.ASCII;

        // Half of a pair tells nothing; whole ones come as text.
        public override void Write(char value) => Write(char.IsSurrogate(value) ? "?" : $"{value}");

        public override void Write(string? value) => terminal.Write(Charset.ToAscii(value ?? ""));

        public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

        public override void Write(ReadOnlySpan<char> buffer) => Write(new string(buffer));

        public override void WriteLine(string? value) => Write(value + Environment.NewLine);

        public override void Flush() => terminal.Flush();
    }
}
