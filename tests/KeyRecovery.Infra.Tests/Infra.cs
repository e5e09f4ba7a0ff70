using System.Diagnostics;
using System.Reflection;

namespace KeyRecovery.Infra.Tests;

/// <summary>The folder <c>infra</c>, and the programs that read it.</summary>
internal static class Infra
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static string Folder { get; } =
        Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, Metadata("InfraPath")));

    public static string Tests { get; } = Path.Combine(Folder, "..", "tests");

    public static string Bicep { get; } = Metadata("BicepPath");

    /// <summary>The dashboard of Aspire, which takes OTLP.</summary>
    public static string Aspire { get; } = Metadata("AspirePath");

    /// <summary>The built command line.</summary>
    public static string Cli { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, Metadata("CliPath")));

    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Folder, folder), pattern).Order(StringComparer.Ordinal);

    private static string Metadata(string key) => typeof(Infra).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;

    /// <summary>Runs a program to its end: its exit code, and all that it printed.</summary>
    public static Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments) =>
        RunAsync(Limit, program, arguments);

    /// <summary>As the other, with another limit than two minutes, such as a build's.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        TimeSpan limit, string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output + await error);
    }
}
