using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using KeyRecovery.Api.Hosting;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>The host as a process, as an operator runs it.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TempDirectory _directory;
    private readonly ConcurrentQueue<string> _output = new();

    private HostProcess(Process process, TempDirectory directory)
    {
        _process = process;
        _directory = directory;
    }

    public Uri Address { get; private set; } = null!;

    public string StandardOutput => string.Join('\n', _output);

    public string LogPath => Path.Combine(_directory.Path, "log.json");

    public string LogFile => _directory.ReadShared("log.json");

    public static async Task<HostProcess> StartAsync(
        Dictionary<string, string>? settings = null, string environment = "Development", string? urls = null)
    {
        var directory = new TempDirectory();
        var host = new HostProcess(
            Launch(["serve", .. TestHost.Arguments(directory, settings, environment),
                .. urls is null ? Array.Empty<string>() : ["--urls", urls]]), directory);
        var listening = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        host._process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null) return;
            host._output.Enqueue(line.Data);
            if (line.Data.Contains("Listening on", StringComparison.Ordinal))
                listening.TrySetResult(
                    new Uri(JsonDocument.Parse(line.Data).RootElement.GetProperty("Addresses")[0].GetString()!));
        };
        host._process.BeginOutputReadLine();
        host.Address = await listening.Task.WaitAsync(TimeSpan.FromMinutes(2));
        return host;
    }

    /// <summary>Runs a verb to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Launch(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Asks the process to stop, as a service manager does.</summary>
    public void Terminate() => Process.Start("sh", ["-c", $"kill -TERM {_process.Id}"]).WaitForExit();

    public async Task<int> ExitCodeAsync(TimeSpan within)
    {
        await _process.WaitForExitAsync().WaitAsync(within);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _directory.Dispose();
    }

    private static Process Launch(IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo("dotnet", [typeof(Server).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}
