namespace KeyRecovery.Api.Options.Reading;

/// <summary>Reads the settings of a running server anew, from where it read them at its start.</summary>
/// <param name="begin">Gives the configuration as it is now.</param>
/// <param name="atStart">As it was at the start.</param>
internal sealed class SettingsReader(Func<WebApplicationBuilder> begin, IConfiguration atStart)
{
    // What a running server takes over; all else waits for a start.
    private static readonly string[] Live =
        [nameof(KeyRecoveryOptions.Apps) + ":", nameof(KeyRecoveryOptions.Operators) + ":"];

    private readonly Dictionary<string, string?> _atStart = Flatten(atStart);

    /// <summary>The options, and the keys that differ from those of the start and wait for the next one.</summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">They do not hold.</exception>
    public (KeyRecoveryOptions Options, IReadOnlyList<string> AtNextStart) Read()
    {
        var builder = begin();
        using var configuration = (IDisposable)builder.Configuration;
        var options = OptionsReader.Read(builder.Configuration, builder.Environment);
        var now = Flatten(builder.Configuration);
        return (options, [.. _atStart.Keys.Union(now.Keys)
            .Where(key => !Live.Any(live => key.StartsWith(live, StringComparison.OrdinalIgnoreCase))
                && now.GetValueOrDefault(key) != _atStart.GetValueOrDefault(key))
            .Select(key => $"{KeyRecoveryOptions.Section}:{key}").Order(StringComparer.Ordinal)]);
    }

    private static Dictionary<string, string?> Flatten(IConfiguration configuration) =>
        configuration.GetSection(KeyRecoveryOptions.Section).AsEnumerable(makePathsRelative: true)
            .Where(pair => pair.Value is not null)
            .ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.OrdinalIgnoreCase);
}
