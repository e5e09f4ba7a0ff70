using System.Text.Json;

namespace KeyRecovery.Api.Tests.Faults;

/// <summary>The lines of a log that call somebody: of level Error or above, or with a stack.</summary>
internal static class AlarmLines
{
    /// <summary>Fails, and shows them, where there are any.</summary>
    public static void AssertNone(string log)
    {
        var lines = Of(log);
        Assert.True(lines.Count == 0, $"{lines.Count} alarms:\n{string.Join('\n', lines.Take(10))}");
    }

    public static List<string> Of(string log) =>
    [
        .. log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line =>
        {
            if (!line.StartsWith('{')) return true;
            using var parsed = JsonDocument.Parse(line);
            return parsed.RootElement.TryGetProperty("Stack", out _)
                || (parsed.RootElement.TryGetProperty("@l", out var level) && level.GetString() is "Error" or "Fatal");
        }),
    ];
}
