using System.Globalization;
using System.Text;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Cli.Output;

/// <summary>Sizes, times and names as people read them.</summary>
internal static class Words
{
    // Persian and Indic words need them, and families of emoji.
    private const int NonJoiner = 0x200c;
    private const int Joiner = 0x200d;
    private const long KiB = 1024;
    private const long MiB = KiB * KiB;

    public static string Size(long bytes) => bytes switch
    {
        < 10 * KiB => string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} B"),
        < MiB => string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / KiB:0.#} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / MiB:0.#} MiB"),
    };

    public static string Time(DateTimeOffset time) =>
        time.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    public static string Duration(TimeSpan time) => time.TotalSeconds < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    /// <summary>How long something still waits, in the two units that matter: <c>2 d 23 h</c>. Rounded down.</summary>
    public static string Left(TimeSpan time) => time switch
    {
        { TotalDays: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Days} d {time.Hours} h"),
        { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Hours} h {time.Minutes} min"),
        { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min"),
        _ => "less than a minute",
    };

    /// <summary>What a person must know of an erasure that waits.</summary>
    public static string HeldErasure(TimeSpan dueIn) =>
        $"An erasure of this account was asked for. It is done "
        + $"{(dueIn > TimeSpan.Zero ? $"in {Left(dueIn)}" : "now")} unless somebody stops it: keyrecovery erase cancel";

    /// <summary>A count and its noun.</summary>
    public static string Count(long count, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? one : many ?? one + "s")}");

    public static string List(IEnumerable<string> names) => string.Join(", ", names);

    /// <summary>As much of a hash as tells it from others.</summary>
    public static string Hash(Hash256 hash) => hash.ToString()[..8];

    /// <summary>A device's name, or what kind of slot it is.</summary>
    public static string Name(AuthorityInfo authority) => authority switch
    {
        { Name.Length: > 0 } => authority.Name,
        { Kind: AuthorityKind.Code } => "recovery code",
        { Kind: AuthorityKind.Device } => "a device without a name",
        _ => Kind(authority.Kind),
    };

    /// <summary>
    /// A name as a shell takes it for one argument. What the terminal cannot show, or must not, is spelled by its bytes
    /// (<c>$'…'</c>, as in bash, zsh and POSIX.1-2024), so that the same name comes back when it is pasted.
    /// </summary>
    public static string Argument(string name)
    {
        if (name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/'))
            return name;
        return Safe(name) == name && (Charset.IsUtf8 || Ascii.IsValid(name))
            ? $"'{name.Replace("'", @"'\''", StringComparison.Ordinal)}'"
            : $"$'{string.Concat(Encoding.UTF8.GetBytes(name).Select(Spelled))}'";
    }

    private static string Spelled(byte b) => b is >= 0x20 and < 0x7f and not ((byte)'\'' or (byte)'\\')
        ? ((char)b).ToString() : string.Create(CultureInfo.InvariantCulture, $"\\x{b:x2}");

    /// <summary>A name in lower case with dashes, as JSON has it.</summary>
    public static string Kebab(string name)
    {
        var kebab = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c) && kebab.Length > 0) kebab.Append('-');
            kebab.Append(char.ToLowerInvariant(c));
        }
        return kebab.ToString();
    }

    public static string Kind(AuthorityKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>
    /// A line of text without what would move a terminal's cursor, turn its writing around or begin another line.
    /// </summary>
    public static string Safe(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            safe.Append(MovesTerminals(rune) ? "\uFFFD" : rune.ToString());
        }
        return safe.ToString();
    }

    /// <summary>Whether a terminal may do something else than show it.</summary>
    public static bool MovesTerminals(Rune rune) => GivenName.Moves(rune)
        || (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format && rune.Value is not (Joiner or NonJoiner));
}
