using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Demo.World;

/// <summary>The real host, as a child process in Development on a free loopback port.</summary>
internal sealed partial class DemoHost : IAsyncDisposable
{
    private const int SigTerm = 15;
    private const string ListeningEvent = "Listening on";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DemoHost(Process process) => _process = process;

    public Uri Address { get; private set; } = null!;

    public int ProcessId => _process.Id;

    /// <summary>The server's program, which only a build of the repository has beside it.</summary>
    /// <exception cref="CommandException">It is not there.</exception>
    public static string Find()
    {
        var relative = typeof(DemoHost).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(a => a.Key == "HostPath").Value!;
        var path = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, relative));
        if (File.Exists(path)) return path;
        throw new CommandException(
            new CliFailure("demo-host", "the demo starts a server of its own, and this program came without one")
            {
                Advice = ["Run it from the repository: dotnet run --project src/KeyRecovery.Cli -- demo"],
            });
    }

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="folder">Its data and its log.</param>
    /// <param name="port">0 for any free one.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="home">The audit key of another home, whose accounts' passphrases it guards; null for none.</param>
    public static async Task<DemoHost> StartAsync(
        string folder, int port, CancellationToken ct, string? home = null)
    {
        Directory.CreateDirectory(folder);
        var host = new DemoHost(new Process
        {
            StartInfo = StartInfo(folder,
                ["serve", "--urls", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"),
                    .. Settings(folder), .. home is null ? [] : RealmSettings(home)]),
            EnableRaisingEvents = true,
        });
        host._process.Exited += (_, _) => host._listening.TrySetException(host.Ended());
        host._process.OutputDataReceived += (_, line) => host.Hear(line.Data);
        host._process.ErrorDataReceived += (_, line) => host.Hear(line.Data);
        host._process.Start();
        host._process.StandardInput.Close();
        host._process.BeginOutputReadLine();
        host._process.BeginErrorReadLine();
        try
        {
            host.Address = await host._listening.Task.WaitAsync(StartLimit, ct);
            return host;
        }
        catch (Exception failure)
        {
            await host.DisposeAsync();
            if (failure is TimeoutException)
                throw new CommandException(new CliFailure("demo-host", "the server did not start in time"));
            throw;
        }
    }

    /// <summary>Runs one of the host's verbs to its end, on the same places.</summary>
    /// <returns>Its exit code, and what it printed.</returns>
    public static async Task<(int ExitCode, string Output)> RunVerbAsync(
        string folder, string[] verb, CancellationToken ct)
    {
        using var process =
            new Process {
                StartInfo = StartInfo(folder, [.. verb, .. verb[0] == "offline-key" ? [] : Settings(folder)]),
            };
        process.Start();
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
        await process.WaitForExitAsync(ct);
        return (process.ExitCode, await output + await error);
    }

    /// <summary>Asks it to stop, as a service manager does, and waits.</summary>
    /// <returns>Its exit code; null where it had to be killed.</returns>
    public async Task<int?> StopAsync()
    {
        if (_process.HasExited) return _process.ExitCode;
        if (OperatingSystem.IsWindows()) _process.Kill();
        else _ = Kill(_process.Id, SigTerm);
        try
        {
            await _process.WaitForExitAsync().WaitAsync(StopLimit);
            return _process.ExitCode;
        }
        catch (TimeoutException)
        {
            _process.Kill();
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }

    private static string[] Settings(string folder) =>
    [
        "--environment", "Development",
        "--KeyRecovery:DataDirectory", Path.Combine(folder, "data"),
        "--KeyRecovery:LogFile", Path.Combine(folder, "server.log"),
        "--KeyRecovery:Backup:OfflineKeyFile", Path.Combine(folder, "offline.pub"),
        "--KeyRecovery:Backup:EscrowDirectory", Path.Combine(folder, "escrows"),
    ];

    // The app as it is without a configuration, and whose accounts it knows beside its own.
    private static string[] RealmSettings(string home) =>
    [
        "--KeyRecovery:Apps:0:Id", DemoWorld.App, "--KeyRecovery:Apps:0:Issuer", "urn:keyrecovery:development",
        "--KeyRecovery:Apps:0:Audience", DemoWorld.App, "--KeyRecovery:Apps:0:Policy:Homes:0", home,
    ];

    private static ProcessStartInfo StartInfo(string folder, string[] arguments)
    {
        var start = new ProcessStartInfo(Dotnet(), [Find(), .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The story is the same on every machine, whatever its owner has configured for a server.
        string[] prefixes =
            ["ASPNETCORE_", "DOTNET_ENVIRONMENT", "KeyRecovery__", "OTEL_", "URLS", "HTTP_PORTS", "HTTPS_PORTS"];
        foreach (var name in start.Environment.Keys
            .Where(k => prefixes.Any(p => k.StartsWith(p, StringComparison.OrdinalIgnoreCase))).ToList())
            start.Environment.Remove(name);
        return start;
    }

    // The runtime that runs this program runs the server as well, whether or not it is on the PATH.
    private static string Dotnet()
    {
        var root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var path = Path.Combine(root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        return File.Exists(path) ? path : "dotnet";
    }

    private CommandException Ended() =>
        new(new CliFailure("demo-host", $"the server ended by itself: {string.Join(' ', _output.TakeLast(3))}"));

    private void Hear(string? line)
    {
        if (line is null) return;
        _output.Enqueue(line);
        if (_listening.Task.IsCompleted || !line.Contains(ListeningEvent, StringComparison.Ordinal)) return;
        using var json = JsonDocument.Parse(line);
        _listening.TrySetResult(new Uri(json.RootElement.GetProperty("Addresses")[0].GetString()!));
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
