using System.Text.RegularExpressions;

namespace KeyRecovery.Protocol.Tests.Independent;

/// <summary>The words of docs/protocol.md for the verdicts of golden files (§18).</summary>
internal static partial class PageWords
{
    /// <summary><c>OtherBeginning</c> of a golden file is <c>other-beginning</c> on the page.</summary>
    public static string Of(string verdict) => InsideWord().Replace(verdict, "-").ToLowerInvariant();

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")]
    private static partial Regex InsideWord();
}
