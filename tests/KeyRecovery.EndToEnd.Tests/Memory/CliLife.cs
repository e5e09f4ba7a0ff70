using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Memory;

/// <summary>The built command line with its homes, each command a process whose last moment is kept.</summary>
internal sealed class CliLife(Uri server, TempFolder folder)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly string Program = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory,
        typeof(CliLife).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(a => a.Key == "CliPath").Value!));

    private int _images;

    /// <summary>The devices that have a home.</summary>
    public SortedSet<string> Homes { get; } = [];

    /// <summary>Where a device keeps its keys.</summary>
    public string Home(string device) => folder["home-" + device];

    /// <summary>Starts a command.</summary>
    public TracedProcess Start(string device, string image, params string[] command) => new(
        id => CanaryScanner.SaveMemory(id, image),
        ["dotnet", Program, .. command, "--server", server.AbsoluteUri, "--home", Home(device), "--json"]);

    /// <summary>Runs one to its end.</summary>
    public Task<CliEnd> RunAsync(string device, string input, params string[] command) =>
        RunAsync(0, device, input, command);

    /// <summary>Runs one that is refused.</summary>
    public Task<CliEnd> FailAsync(string device, string input, params string[] command) =>
        RunAsync(1, device, input, command);

    /// <summary>Shows a code for linking, and is asked to stop.</summary>
    public async Task<CliEnd> InterruptAsync(string device)
    {
        var image = NewImage();
        using var show = Start(device, image, "link", "show");
        await StepAsync(show);
        using (var kill = Process.Start("sh", ["-c", $"kill -TERM {await show.Id}"])) await kill.WaitForExitAsync();
        return await EndAsync(null, show, device, image, "link", "show", "stopped");
    }

    /// <summary>Links a device to another's account, as two people do.</summary>
    public async Task<CliEnd[]> LinkAsync(string existing, string next)
    {
        string[] images = [NewImage(), NewImage()];
        using var show = Start(existing, images[0], "link", "show");
        var payload = (await StepAsync(show)).GetProperty("payload").GetString()!;
        using var scan = Start(next, images[1], "link", "scan", payload, "--name", next);
        var digits = (await StepAsync(scan)).GetProperty("digits").GetString();
        Assert.True((await StepAsync(show)).GetProperty("needsDigits").GetBoolean());
        await show.Process.StandardInput.WriteLineAsync(digits);
        await StepAsync(show);
        await show.Process.StandardInput.WriteLineAsync("yes");
        return await Task.WhenAll(
            EndAsync(0, show, existing, images[0], "link", "show"), EndAsync(0, scan, next, images[1], "link", "scan"));
    }

    private async Task<CliEnd> RunAsync(int exit, string device, string input, string[] command)
    {
        var image = NewImage();
        using var run = Start(device, image, command);
        await run.Process.StandardInput.WriteAsync(input);
        run.Process.StandardInput.Close();
        return await EndAsync(exit, run, device, image, command);
    }

    private string NewImage() => folder[$"image-{_images++}"];

    private static async Task<JsonElement> StepAsync(TracedProcess run)
    {
        var line = await run.Process.StandardOutput.ReadLineAsync().WaitAsync(Limit);
        return JsonDocument.Parse(line ?? throw new InvalidOperationException("it ended")).RootElement;
    }

    private async Task<CliEnd> EndAsync(
        int? exit, TracedProcess run, string device, string image, params string[] command)
    {
        var (output, error) =
            (run.Process.StandardOutput.ReadToEndAsync(), run.Process.StandardError.ReadToEndAsync());
        var ended = await run.EndAsync();
        var told = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault("{}");
        Assert.True((exit ?? ended) == ended, $"{string.Join(' ', command)}: {told}{await error}");
        if (File.Exists(Path.Combine(Home(device), "device.sealed"))) Homes.Add(device);
        var words = $"{string.Join(' ', command.Take(3))} on {device}: {ended}";
        return new CliEnd(this, words, image, JsonDocument.Parse(told).RootElement);
    }
}
