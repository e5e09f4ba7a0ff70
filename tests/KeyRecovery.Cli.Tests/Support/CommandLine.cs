using System.Diagnostics;
using System.Reflection;
using System.Text;

namespace KeyRecovery.Cli.Tests.Support;

/// <summary>The built command line, as a process, for one home and one server.</summary>
/// <param name="server">The server; null where the home knows it.</param>
/// <param name="home">The home.</param>
public sealed class CommandLine(Uri? server, string home)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>The built program.</summary>
    public static string Program { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory,
        typeof(CommandLine).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(a => a.Key == "CliPath").Value!));

    /// <summary>The home.</summary>
    public string Home => home;

    /// <summary>Another build of the program, an executable; null for the built one.</summary>
    public string? Executable { get; init; }

    /// <summary>The folder for temporary files; null for the machine's.</summary>
    public string? Temporary { get; init; }

    /// <summary>Another home on the same server.</summary>
    public CommandLine At(string otherHome) => new(server, otherHome);

    /// <summary>The same home through another address.</summary>
    public CommandLine Through(Uri otherServer) => new(otherServer, home);

    /// <summary>The same home, which has to know its server.</summary>
    public CommandLine WithoutServer() => new(null, home);

    /// <summary>Runs without a terminal and with nothing on standard input.</summary>
    public Task<CliRun> RunAsync(params string[] arguments) => RunAsync([], arguments);

    /// <summary>Runs with text on standard input.</summary>
    public Task<CliRun> TypeAsync(string input, params string[] arguments) =>
        RunAsync(Encoding.UTF8.GetBytes(input), arguments);

    /// <summary>Runs with bytes on standard input.</summary>
    public async Task<CliRun> RunAsync(byte[] input, params string[] arguments)
    {
        using var process = Start(arguments);
        var (output, error) = (new MemoryStream(), process.StandardError.ReadToEndAsync());
        var copied = process.StandardOutput.BaseStream.CopyToAsync(output);
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading what it did not need.
        }
        await process.WaitForExitAsync().WaitAsync(Limit);
        await copied;
        return new CliRun(process.ExitCode, output.ToArray(), await error);
    }

    /// <summary>Starts it, to be talked to or interrupted.</summary>
    public Process Start(params string[] arguments)
    {
        var (program, first) = Executable is null ? ("dotnet", new[] { Program }) : (Executable, []);
        var start = new ProcessStartInfo(program, [.. first, .. Global(arguments)])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment.Remove("KEYRECOVERY_HOME");
        if (Temporary is not null) start.Environment["TMPDIR"] = Temporary;
        return Process.Start(start)!;
    }

    /// <summary>The arguments with server and home.</summary>
    public string[] Global(params string[] arguments) =>
        [.. arguments, .. server is null ? [] : (string[])["--server", server.ToString()], "--home", home];
}
