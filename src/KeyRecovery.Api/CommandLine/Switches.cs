using System.Globalization;

namespace KeyRecovery.Api.CommandLine;

/// <summary>A verb's arguments, out of which it takes its switches one by one. What is left are settings.</summary>
internal sealed class Switches(string[] args)
{
    private readonly List<string> _left = [.. args];

    /// <summary>What no switch was: settings, or a mistake that <see cref="SettingArguments"/> finds.</summary>
    public string[] Rest => [.. _left];

    /// <summary>Whether a switch is there.</summary>
    public bool Has(string name) => _left.Remove(name);

    /// <summary>The value of a switch; null where it is not there.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="takes">The end of "--name takes …".</param>
    /// <exception cref="UsageException">It stands without a value.</exception>
    public string? Value(string name, string takes)
    {
        var at = _left.IndexOf(name);
        if (at < 0) return null;
        if (at + 1 == _left.Count || _left[at + 1].StartsWith("--", StringComparison.Ordinal))
            throw new UsageException($"{name} takes {takes}");
        var value = _left[at + 1];
        _left.RemoveRange(at, 2);
        return value;
    }

    /// <summary>The number of a switch; null where it is not there.</summary>
    /// <exception cref="UsageException">It has no such number.</exception>
    public int? Number(string name, int least, int most)
    {
        var takes = $"a number from {least} to {most}";
        if (Value(name, takes) is not { } text) return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least
            && number <= most
            ? number
            : throw new UsageException($"{name} takes {takes}");
    }
}
