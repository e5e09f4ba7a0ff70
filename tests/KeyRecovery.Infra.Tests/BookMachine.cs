using System.Diagnostics;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Infra.Tests;

/// <summary>
/// A machine as <c>docs/operations.md</c> has it, in a folder of a test: what the page prints is typed into a shell as
/// it stands there, under the environment of the server's unit. Only where folders, programs and addresses are, and
/// what the page writes in capitals, is put in its place.
/// </summary>
internal sealed class BookMachine : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly TempFolder _folder = new();
    private readonly (string Printed, string Here)[] _places;
    private ServerProcess? _server;

    private BookMachine(Issuer issuer, string program)
    {
        Issuer = issuer;
        var (server, metrics) = ($"127.0.0.1:{FreePort.Next()}", $"127.0.0.1:{FreePort.Next()}");
        _places =
        [
            ("https://keys.example.org", $"http://{server}"), ("keys.example.org", server), ("127.0.0.1:5080", server),
            ("127.0.0.1:9464", metrics), ("https://login.example.org", issuer.Name),
            ("/var/lib/keyrecovery", this["data"]), ("/etc/keyrecovery", this["etc"]), ("/mnt/backups", this["sets"]),
            ("/mnt/escrow", this["escrow"]), ("/opt/keyrecovery/", program), ("/usr/bin/dotnet", "dotnet"),
            ("dotnet KeyRecovery.Api.dll", $"dotnet {program}KeyRecovery.Api.dll"),
        ];
        foreach (var folder in (string[])["data", "etc", "sets", "escrow", "here"])
            Directory.CreateDirectory(
                this[folder], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public Issuer Issuer { get; }

    public ServerProcess Server => _server ?? throw new InvalidOperationException("it was not started");

    /// <summary>A path on it; commands are typed in <c>here</c>.</summary>
    public string this[string name] => _folder[name];

    /// <summary>One by the page's first chapters: an offline key, settings, <c>init</c>, its unit started.</summary>
    /// <param name="program">The folder of the server's program; null for the tests' own.</param>
    public static async Task<BookMachine> StartAsync(string? program = null)
    {
        var machine = new BookMachine(await Issuer.StartAsync(), program ?? AppContext.BaseDirectory);
        try
        {
            await machine.DoAsync("dotnet KeyRecovery.Api.dll offline-key --private offline.key --public offline.pub");
            File.Move(machine["here/offline.pub"], machine["etc/offline.pub"]);
            await File.WriteAllTextAsync(machine["data/keyrecovery.json"], machine.Here(Page.Settings));
            File.SetUnixFileMode(
                machine["data/keyrecovery.json"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
            await machine.DoAsync(
                "KeyRecovery__DataDirectory=/var/lib/keyrecovery dotnet /opt/keyrecovery/KeyRecovery.Api.dll init");
            await machine.StartServerAsync();
            return machine;
        }
        catch
        {
            await machine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server as its unit does.</summary>
    public async Task StartServerAsync()
    {
        var command = Here(Unit("keyrecovery.service", "ExecStart").Single()).Split(' ');
        Assert.Equal("dotnet", command[0]);
        _server = await ServerProcess.StartAloneAsync(this["data"], Environment("keyrecovery.service"), command[2..]);
    }

    /// <summary>Stops it, as its unit does.</summary>
    public async Task StopServerAsync() => Assert.Equal(0, await Server.StopAsync());

    /// <summary>Starts what a unit starts once, and waits for its end.</summary>
    public Task<(int ExitCode, string Output)> StartUnitAsync(string unit) =>
        ShellAsync(Here(Unit(unit, "ExecStart").Single()), Environment(unit));

    /// <summary>Types a command of the page.</summary>
    /// <param name="printed">The command, to the letter.</param>
    /// <param name="filled">Words of it, and what stands for them here.</param>
    public Task<(int ExitCode, string Output)> TypeAsync(string printed, params (string Word, string Here)[] filled)
    {
        Assert.True(Page.Prints(printed), $"the page does not print: {printed}");
        var command = Here(printed);
        foreach (var (word, here) in filled)
        {
            Assert.Contains(word, command, StringComparison.Ordinal);
            command = command.Replace(word, here, StringComparison.Ordinal);
        }

        // Within its text the page names the server's verbs alone.
        if (command.StartsWith("keyrecovery ", StringComparison.Ordinal))
            command = $"dotnet {Infra.Cli}{command["keyrecovery".Length..]}";
        else if (((string[])["restore", "check", "backup"]).Contains(command.Split(' ')[0]))
            command = Here($"dotnet KeyRecovery.Api.dll {command}");
        return ShellAsync(command, Environment("keyrecovery.service"));
    }

    /// <summary>As the other; it has to succeed.</summary>
    /// <returns>What it printed.</returns>
    public async Task<string> DoAsync(string printed, params (string Word, string Here)[] filled)
    {
        var (exit, told) = await TypeAsync(printed, filled);
        Assert.True(exit == 0, $"{printed}: {exit}\n{told}");
        return told;
    }

    /// <summary>Writes a file where commands are typed.</summary>
    public Task WriteAsync(string name, string text) => File.WriteAllTextAsync(this[$"here/{name}"], text);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        Issuer.Dispose();
        _folder.Dispose();
    }

    private string Here(string printed) => _places.Aggregate(
        printed, (text, place) => text.Replace(place.Printed, place.Here, StringComparison.Ordinal));

    private Dictionary<string, string> Environment(string unit)
    {
        // Without a file that it needs no unit starts, and the page has none written.
        Assert.All(Unit(unit, "EnvironmentFile"), file => Assert.StartsWith("-", file, StringComparison.Ordinal));
        return Unit(unit, "Environment").Select(pair => pair.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => Here(pair[1]));
    }

    private static IEnumerable<string> Unit(string name, string key) =>
        File.ReadLines(Infra.Files("systemd", name).Single())
            .Where(line => line.StartsWith($"{key}=", StringComparison.Ordinal))
            .Select(line => line[(key.Length + 1)..]);

    private async Task<(int ExitCode, string Output)> ShellAsync(string command, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("bash", ["-c", command])
        {
            WorkingDirectory = this["here"], RedirectStandardInput = true,
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        start.Environment["KEYRECOVERY_HOME"] = this["home"];
        start.Environment["KEYRECOVERY_STORE"] = "file";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Limit);
        return (process.ExitCode, await output + await error);
    }
}
