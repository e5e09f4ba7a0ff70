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

    /// <summary>The portable build of the program.</summary>
    public static string Program { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory,
        typeof(CommandLine).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(a => a.Key == "CliPath").Value!));

    /// <summary>
    /// The program compiled ahead, an executable, that <c>KEYRECOVERY_CLI</c> names, and that starts in a tenth of the
    /// time; null where nothing is named.
    /// </summary>
    public static string? Ahead { get; } =
        Environment.GetEnvironmentVariable("KEYRECOVERY_CLI") is { Length: > 0 } named ? named : null;

    /// <summary>The home.</summary>
    public string Home => home;

    /// <summary>The executable that is run; null for the portable build. By default what is compiled ahead.</summary>
    public string? Executable { get; init; } = Ahead;

    /// <summary>The folder for temporary files; null for the machine's.</summary>
    public string? Temporary { get; init; }

    /// <summary>The session bus of a desktop; null where there is none, and keys lie in files.</summary>
    public string? Bus { get; init; }

    /// <summary>The same home in the session of a desktop.</summary>
    public CommandLine On(string bus) => new(server, home) { Executable = Executable, Bus = bus };

    /// <summary>Another home on the same server.</summary>
    public CommandLine At(string otherHome) => new(server, otherHome) { Executable = Executable };

    /// <summary>The same home through another address.</summary>
    public CommandLine Through(Uri otherServer) => new(otherServer, home) { Executable = Executable };

    /// <summary>The same home, which has to know its server.</summary>
    public CommandLine WithoutServer() => new(null, home) { Executable = Executable };

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
        var words = Words(arguments);
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment.Remove("KEYRECOVERY_HOME");
        // No test touches the keyring of whoever runs it.
        start.Environment.Remove("DBUS_SESSION_BUS_ADDRESS");
        if (Bus is null) start.Environment["KEYRECOVERY_STORE"] = "file";
        else start.Environment["DBUS_SESSION_BUS_ADDRESS"] = Bus;
        if (Temporary is not null) start.Environment["TMPDIR"] = Temporary;
        return Process.Start(start)!;
    }

    /// <summary>What a shell is given: the program, and the arguments with server and home.</summary>
    public string[] Words(params string[] arguments) =>
        [.. Executable is null ? (string[])["dotnet", Program] : [Executable], .. Global(arguments)];

    private string[] Global(string[] arguments) =>
        [.. arguments, .. server is null ? [] : (string[])["--server", server.ToString()], "--home", home];
}
