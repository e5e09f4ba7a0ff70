namespace KeyRecovery.Api.CommandLine;

/// <summary>
/// What is left of a verb's arguments when its switches are taken out: settings, and nothing else. A switch that was
/// mistyped would be dropped without a word, and <c>--rehearsal</c> would restore.
/// </summary>
internal static class SettingArguments
{
    private static readonly string[] Sections = ["KeyRecovery:", "Kestrel:"];
    private static readonly string[] HostKeys = ["urls", "environment", "contentRoot", "applicationName"];

    /// <exception cref="UsageException">One is no setting.</exception>
    public static void Check(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            var at = args[i].IndexOf('=', StringComparison.Ordinal);
            var key = (at < 0 ? args[i] : args[i][..at]).TrimStart('-');
            var isSetting = (at >= 0 || args[i].StartsWith("--", StringComparison.Ordinal))
                && (Sections.Any(section => key.StartsWith(section, StringComparison.OrdinalIgnoreCase))
                    || HostKeys.Contains(key, StringComparer.OrdinalIgnoreCase));
            if (!isSetting)
                // Without its value, which may be secret.
                throw new UsageException(
                    $"{(at < 0 ? args[i] : args[i][..at])} is neither a switch of this verb nor a setting: "
                    + "--help tells them");
            if (at < 0 && ++i == args.Length) throw new UsageException($"{args[^1]} takes a value");
        }
    }
}
