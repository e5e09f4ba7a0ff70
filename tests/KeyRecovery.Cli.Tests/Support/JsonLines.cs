using System.Diagnostics;
using System.Text.Json;

namespace KeyRecovery.Cli.Tests.Support;

/// <summary>What a command that is under way tells machines, line by line.</summary>
internal static class JsonLines
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>The next object; where the command has ended, the test fails with what it said of that.</summary>
    public static async Task<JsonElement> NextAsync(Process process)
    {
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(Limit);
        Assert.True(
            line is not null, line is null ? await process.StandardError.ReadToEndAsync().WaitAsync(Limit) : "");
        using var document = JsonDocument.Parse(line!);
        return document.RootElement.Clone();
    }
}
