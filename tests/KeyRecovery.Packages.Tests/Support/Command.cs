using System.Diagnostics;

namespace KeyRecovery.Packages.Tests.Support;

/// <summary>A program's run, and what it said.</summary>
/// <param name="ExitCode">How it ended.</param>
/// <param name="Output">All that it printed.</param>
public sealed record Command(int ExitCode, string Output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Runs a program in a folder to its end, with an environment that no build has left its own in.</summary>
    public static async Task<Command> RunAsync(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(
            name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new(process.ExitCode, await output + await error);
    }

    /// <summary>Itself, if it ended well.</summary>
    public Command Succeeded()
    {
        Assert.True(ExitCode == 0, Output);
        return this;
    }
}
