using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace KeyRecovery.Testing.Hosting;

/// <summary>The real host as a process, on a loopback port and a data folder that outlives it.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>
    /// The host: as the image has it, compiled ahead, where <c>KEYRECOVERY_SERVER</c> names it, which starts in three
    /// quarters of the processor's time; else the build that lies beside the tests.
    /// </summary>
    private static readonly string HostAssembly =
        Environment.GetEnvironmentVariable("KEYRECOVERY_SERVER") is { Length: > 0 } named
            ? named
            : Path.Combine(AppContext.BaseDirectory, "KeyRecovery.Api.dll");

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly string _dataFolder;

    private ServerProcess(Process process, string dataFolder)
    {
        _process = process;
        _dataFolder = dataFolder;
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>All that it has printed.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Starts the host and waits until it listens.</summary>
    /// <param name="dataFolder">Its data directory.</param>
    /// <param name="port">0 for any.</param>
    /// <param name="settings">Keys below <c>KeyRecovery</c>.</param>
    public static async Task<ServerProcess> StartAsync(
        string dataFolder, int port = 0, params (string Key, string Value)[] settings) =>
        await StartAsync(await LaunchAsync(dataFolder, port, settings), dataFolder);

    private static async Task<ServerProcess> StartAsync(
        Process process, string dataFolder, CancellationToken ct = default)
    {
        var server = new ServerProcess(process, dataFolder);
        var listening = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        server._process.Exited += (_, _) =>
            listening.TrySetException(new InvalidOperationException($"the host ended: {server.Output}"));
        server._process.EnableRaisingEvents = true;
        server._process.OutputDataReceived += (_, line) => server.Hear(line.Data, listening);
        server._process.ErrorDataReceived += (_, line) => server.Hear(line.Data, listening);
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        try
        {
            server.Address = await listening.Task.WaitAsync(TimeSpan.FromMinutes(2), ct);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>As the other, with more in the host's environment.</summary>
    public static Task<ServerProcess> StartAsync(
        string dataFolder, int port, IReadOnlyDictionary<string, string> environment,
        params (string Key, string Value)[] settings) =>
        StartAsync(Launch(Arguments(dataFolder, port, settings), environment), dataFolder);

    /// <summary>As the other, under a program that becomes the host: a tracer that steps aside, for example.</summary>
    public static Task<ServerProcess> StartAsync(
        string dataFolder, int port, IReadOnlyDictionary<string, string> environment,
        (string Key, string Value)[] settings, IReadOnlyList<string>? program, CancellationToken ct) =>
        StartAsync(Launch(Arguments(dataFolder, port, settings), environment, program), dataFolder, ct);

    /// <summary>Starts the host with exactly these arguments, with more in its environment.</summary>
    public static Task<ServerProcess> StartAloneAsync(
        string dataFolder, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        StartAsync(Launch(arguments, environment), dataFolder);

    /// <summary>Starts the host and ends it (SIGKILL) after a while, whether it listens by then or not.</summary>
    public static async Task KillWhileStartingAsync(
        string dataFolder, TimeSpan after, params (string Key, string Value)[] settings)
    {
        await using var server = new ServerProcess(await LaunchAsync(dataFolder, 0, settings), dataFolder);
        await Task.Delay(after);
    }

    /// <summary>Runs a verb of the host on a data folder to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunVerbAsync(string dataFolder, params string[] arguments)
    {
        var stores = await HostStores.OfAsync(dataFolder);
        return await RunVerbAsync(dataFolder, stores.Environment, [.. stores.Settings], arguments);
    }

    /// <summary>As the other, with settings and more in the host's environment.</summary>
    public static Task<(int ExitCode, string Output)> RunVerbAsync(
        string dataFolder, IReadOnlyDictionary<string, string> environment, (string Key, string Value)[] settings,
        params string[] arguments) =>
        RunAsync(VerbArguments(dataFolder, settings, arguments), environment);

    /// <summary>Runs the host with exactly these arguments to its end.</summary>
    public static Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) => RunAsync(arguments, null);

    /// <summary>As the other, with more in the host's environment and nothing set by tests.</summary>
    public static Task<(int ExitCode, string Output)> RunAloneAsync(
        IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        RunAsync(arguments, environment);

    private static async Task<(int ExitCode, string Output)> RunAsync(
        string[] arguments, IReadOnlyDictionary<string, string>? environment)
    {
        using var process = Launch(arguments, environment);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(5));
        return (process.ExitCode, await output + await error);
    }

    /// <summary>A development token.</summary>
    public async Task<string> TokenAsync(string subject)
    {
        using var http = new HttpClient { BaseAddress = Address };
        using var response = await http.PostAsJsonAsync("/v1/dev/tokens", new { subject });
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }

    /// <summary>
    /// The settings of another server that is to be a realm for this one's accounts of the app <c>demo</c>.
    /// </summary>
    public async Task<(string, string)[]> RealmSettingsAsync()
    {
        using var http = new HttpClient { BaseAddress = Address };
        var key = (await http.GetFromJsonAsync<JsonElement>("/audit/key")).GetProperty("key").GetString()!;
        return
        [
            ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"), ("Apps:0:Audience", "demo"),
            ("Apps:0:Policy:Homes:0", key),
        ];
    }

    /// <summary>Starts a verb of the host, to be killed.</summary>
    public static Process StartVerb(string dataFolder, params string[] arguments) =>
        StartVerb(dataFolder, new Dictionary<string, string>(), [], arguments);

    /// <summary>As the other, with settings and more in the host's environment.</summary>
    public static Process StartVerb(
        string dataFolder, IReadOnlyDictionary<string, string> environment, (string Key, string Value)[] settings,
        params string[] arguments) => Launch(VerbArguments(dataFolder, settings, arguments), environment);

    /// <summary>Ends the process at once, as a power cut does (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Lets it stand still in whatever it does (SIGSTOP), and waits until all its threads do.</summary>
    public Task FreezeAsync() => Signals.FreezeAsync(_process.Id);

    /// <summary>Lets it go on (SIGCONT).</summary>
    public void GoOn() => Signals.GoOn(_process.Id);

    /// <summary>Asks it to stop (SIGTERM) and waits.</summary>
    public async Task<int> StopAsync()
    {
        Signals.Terminate(_process.Id);
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return _process.ExitCode;
    }

    /// <summary>
    /// All files of its data folder that hold a byte. The empty lock files cannot be read while it runs.
    /// </summary>
    public IEnumerable<string> Files() =>
        Directory.EnumerateFiles(_dataFolder, "*", SearchOption.AllDirectories).Where(f => new FileInfo(f).Length != 0);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
    }

    private static string[] Arguments(string dataFolder, int port, (string Key, string Value)[] settings) =>
    [
        "serve", "--environment", "Development", "--urls", $"http://127.0.0.1:{port}",
        "--KeyRecovery:DataDirectory", dataFolder,
        .. WithoutLimits(settings).SelectMany(s => new[] { $"--KeyRecovery:{s.Key}", s.Value }),
    ];

    private static string[] VerbArguments(
        string dataFolder, (string Key, string Value)[] settings, string[] arguments) =>
    [
        .. arguments, "--environment", "Development", "--KeyRecovery:DataDirectory", dataFolder,
        .. settings.SelectMany(s => new[] { $"--KeyRecovery:{s.Key}", s.Value }),
    ];

    // Tests are many users behind one address.
    private static IEnumerable<(string Key, string Value)> WithoutLimits((string Key, string Value)[] settings) => new[]
    {
        ("RateLimits:Address:PerSecond", "1000000"), ("RateLimits:Address:Burst", "1000000"),
        ("RateLimits:Account:PerSecond", "1000000"), ("RateLimits:Account:Burst", "1000000"),
    }.Where(d => settings.All(s => s.Key != d.Item1)).Concat(settings);

    private void Hear(string? line, TaskCompletionSource<Uri> listening)
    {
        if (line is null) return;
        _output.Enqueue(line);
        if (!line.Contains("Listening on", StringComparison.Ordinal)) return;
        listening.TrySetResult(new Uri(JsonDocument.Parse(line).RootElement.GetProperty("Addresses")[0].GetString()!));
    }

    private static async Task<Process> LaunchAsync(string dataFolder, int port, (string Key, string Value)[] settings)
    {
        var stores = await HostStores.OfAsync(dataFolder);
        return Launch(Arguments(dataFolder, port, [.. stores.Settings, .. settings]), stores.Environment);
    }

    private static Process Launch(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null,
        IReadOnlyList<string>? program = null)
    {
        string[] all = [.. program ?? [], "dotnet", HostAssembly, .. arguments];
        var start = new ProcessStartInfo(all[0], all[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
