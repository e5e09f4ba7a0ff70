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
        Console.Out.Write('\r' + safe.PadRight(written));
        return safe.Length;
    }

    /// <summary>Shows that a key was taken.</summary>
    public static void Echo(char shown) => Console.Error.Write(shown);

    /// <summary>Takes back as many shown characters.</summary>
    public static void Backspace(int count) =>
        Console.Error.Write(string.Concat(Enumerable.Repeat("\b \b", count)));

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
}
