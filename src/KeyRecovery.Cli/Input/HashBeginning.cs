using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Input;

/// <summary>A hash, named by its beginning.</summary>
internal static class HashBeginning
{
    private const int Shortest = 4;

    /// <summary>The one thing whose hash begins so; where one hash stands for several, the first of them.</summary>
    /// <param name="things">What there is.</param>
    /// <param name="hashOf">The hash of each.</param>
    /// <param name="option">The option, for what a person is told.</param>
    /// <param name="value">Its value.</param>
    /// <param name="advice">Where the hashes are shown.</param>
    public static T Find<T>(
        IEnumerable<T> things, Func<T, Hash256> hashOf, string option, string value, string advice)
    {
        if (value.Length < Shortest) throw Refused($"{option} takes at least {Shortest} characters of a hash");
        return things.Where(t => hashOf(t).ToString().StartsWith(value, StringComparison.Ordinal))
            .DistinctBy(hashOf).ToList() switch
        {
            [var one] => one,
            [] => throw Refused($"{option} {value} is the beginning of no hash that is there"),
            _ => throw Refused($"{option} {value} is the beginning of several hashes"),
        };
        CommandException Refused(string why) => new(CliFailure.Usage(why, advice, "Nothing was changed."));
    }
}
