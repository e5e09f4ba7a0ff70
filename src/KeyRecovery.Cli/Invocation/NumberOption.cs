using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace KeyRecovery.Cli.Invocation;

/// <summary>
/// An option that takes a whole number, and says in words what it takes where it is given another thing.
/// </summary>
internal static class NumberOption
{
    /// <summary>Makes one; its value is null where it is left out, and where it stands without a number.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="helpName">What stands for the number in the help.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="takes">The end of "--name takes …".</param>
    /// <param name="least">The least that it takes. Default: the type's.</param>
    /// <param name="most">The most that it takes. Default: the type's.</param>
    public static Option<T?> Make<T>(string name, string helpName, string description, string takes = "a whole number",
        T? least = null, T? most = null)
        where T : struct, IBinaryInteger<T> => new(name)
    {
        HelpName = helpName,
        Description = description,
        CustomParser = result =>
        {
            if (result.Tokens is not [var token]) return null;
            if (T.TryParse(token.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                && !(number < least) && !(number > most)) return number;
            result.AddError($"{name} takes {takes}");
            return null;
        },
    };
}
