using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Cli.Tests.Witnesses;

/// <summary>
/// The command line as a witness, a process on a port of this machine, over a folder that outlives it.
/// </summary>
internal sealed class WitnessProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _told = new();
    private readonly HttpClient _http;

    private WitnessProcess(Process process, JsonElement listening)
    {
        _process = process;
        Address = new Uri(listening.GetProperty("address").GetString()!);
        Assert.True(NoteKey.TryParse(listening.GetProperty("vkey").GetString(), out var key));
        (Key, Listening) = (key, listening);
        _http = new HttpClient { BaseAddress = Address };
        process.ErrorDataReceived += (_, line) => _told.Enqueue(line.Data ?? "");
    }

    public Uri Address { get; }

    public NoteKey Key { get; }

    /// <summary>What it said when it began.</summary>
    public JsonElement Listening { get; }

    /// <summary>What it has said since, line by line.</summary>
    public IReadOnlyCollection<string> Told => _told;

    /// <summary>Makes a key in a folder, unless it is there.</summary>
    public static async Task<NoteKey> KeyAsync(string folder, string name = "witness.example/one")
    {
        Directory.CreateDirectory(folder);
        var made = await new CommandLine(null, Path.Combine(folder, "home")).RunAsync(
            "audit", "witness-key", "--key", Path.Combine(folder, "key"), "--name", name, "--json");
        Assert.True(NoteKey.TryParse(made.Ended(0).Text("vkey"), out var key));
        return key;
    }

    /// <summary>Starts it over a folder with its key and its state.</summary>
    public static async Task<WitnessProcess> StartAsync(
        string folder, IEnumerable<string> logs, int port = 0, string? state = null)
    {
        var process = Start(folder, logs, port, state);
        var began = await JsonLines.NextAsync(process);
        var witness = new WitnessProcess(process, began);
        process.BeginErrorReadLine();
        // What was read line by line before goes on so.
        _ = Task.Run(async () =>
        {
            while (await process.StandardOutput.ReadLineAsync() is { } line) witness._told.Enqueue(line);
        });
        return witness;
    }

    /// <summary>Starts it, whether it comes to listen or not.</summary>
    public static Process Start(string folder, IEnumerable<string> logs, int port = 0, string? state = null) =>
        new CommandLine(null, Path.Combine(folder, "home")).Start(
        [
            "audit", "witness", "--key", Path.Combine(folder, "key"), "--state",
            state ?? Path.Combine(folder, "state"), .. logs.SelectMany(log => new[] { "--log", log }),
            "--listen", $"127.0.0.1:{port}", "--json",
        ]);

    /// <summary>Asks it for a cosignature.</summary>
    public Task<(HttpStatusCode Status, string? Type, byte[] Body)> AddAsync(WitnessRequest request) =>
        PostAsync(request.Encode());

    public async Task<(HttpStatusCode Status, string? Type, byte[] Body)> PostAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        using var answer = await _http.PostAsync("/add-checkpoint", content);
        return (answer.StatusCode, answer.Content.Headers.ContentType?.ToString(),
            await answer.Content.ReadAsByteArrayAsync());
    }

    /// <summary>What it tells everybody of a log.</summary>
    public async Task<(HttpStatusCode Status, byte[] Body)> LastAsync(string origin)
    {
        using var answer = await _http.GetAsync("/" + WitnessAnswer.CheckpointPath(origin));
        return (answer.StatusCode, await answer.Content.ReadAsByteArrayAsync());
    }

    /// <summary>Waits until it has said something.</summary>
    public async Task SaysAsync(string what)
    {
        for (var i = 0; i < 600 && !_told.Any(line => line.Contains(what, StringComparison.Ordinal)); i++)
            await Task.Delay(50);
        Assert.Contains(_told, line => line.Contains(what, StringComparison.Ordinal));
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM.</summary>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("sh", ["-c", $"kill -TERM {_process.Id}"]);
        await kill.WaitForExitAsync();
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
        _http.Dispose();
    }
}
