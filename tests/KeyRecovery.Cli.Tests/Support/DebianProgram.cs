using System.Diagnostics;

namespace KeyRecovery.Cli.Tests.Support;

/// <summary>A program that is not ours, installed from Debian where it is missing and may be.</summary>
/// <param name="command">The command.</param>
/// <param name="packages">The packages that have it and what it needs.</param>
public sealed class DebianProgram(string command, params string[] packages)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>Runs it to its end.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        await NeedAsync();
        return await StartAsync(command, arguments);
    }

    private async Task NeedAsync()
    {
        if (IsThere()) return;
        if (Environment.UserName == "root")
        {
            await StartAsync("apt-get", "update", "-qq");
            await StartAsync("apt-get", ["install", "-y", "-qq", .. packages]);
        }
        Assert.True(IsThere(), $"{command} is needed: apt-get install {string.Join(' ', packages)}");
    }

    private bool IsThere() =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, command)));

    private static async Task<(int ExitCode, string Output)> StartAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
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
        await error;
        return (process.ExitCode, await output);
    }
}
