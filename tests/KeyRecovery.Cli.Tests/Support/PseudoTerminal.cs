using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace KeyRecovery.Cli.Tests.Support;

/// <summary>The command line at a terminal, by <c>script</c> (util-linux): a person who types and reads.</summary>
public sealed partial class PseudoTerminal : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly StringBuilder _screen = new();
    private readonly Task _reading;
    private int _read;

    private PseudoTerminal(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    /// <summary>Everything that was shown so far, with the terminal's own echo.</summary>
    public string Screen
    {
        get
        {
            lock (_screen) return _screen.ToString();
        }
    }

    /// <summary>Starts the command line in a terminal.</summary>
    public static PseudoTerminal Start(CommandLine commandLine, params string[] arguments) =>
        Start(commandLine, null, arguments);

    /// <summary>Starts it in a terminal of some columns; null for those that it has.</summary>
    public static PseudoTerminal Start(CommandLine commandLine, int? columns, string[] arguments) =>
        Start(commandLine, columns, [], arguments);

    /// <summary>Starts it with variables of the environment beside those of a terminal of today.</summary>
    public static PseudoTerminal Start(
        CommandLine commandLine, int? columns, (string Name, string Value)[] environment, string[] arguments)
    {
        // The program takes the shell's place: a shell that waits for it gets the same interrupt, and some end by that.
        var command = "exec " + string.Join(' ', commandLine.Words(arguments).Select(a => $"'{a}'"));
        if (columns is not null) command = $"stty cols {columns} && {command}";
        var start = new ProcessStartInfo(
            "script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        start.Environment["TERM"] = "xterm-256color";
        start.Environment.Remove("KEYRECOVERY_HOME");
        // No test touches the keyring of whoever runs it.
        start.Environment["KEYRECOVERY_STORE"] = "file";
        start.Environment.Remove("NO_COLOR");
        start.Environment.Remove("LC_ALL");
        start.Environment["LANG"] = "C.UTF-8";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new PseudoTerminal(Process.Start(start)!);
    }

    /// <summary>Waits for a text that has not been waited for before.</summary>
    public async Task WaitForAsync(string text, TimeSpan? limit = null)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var isOver = _reading.IsCompleted;
            var at = Screen.IndexOf(text, _read, StringComparison.Ordinal);
            if (at >= 0)
            {
                _read = at + text.Length;
                return;
            }
            Assert.True(clock.Elapsed < (limit ?? Limit) && !isOver, $"“{text}” was not shown:\n{Screen}");
            await Task.Delay(20);
        }
    }

    /// <summary>Types a line.</summary>
    public async Task TypeAsync(string line)
    {
        await _process.StandardInput.WriteAsync(line + "\r");
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Fails the test where a line that was shown is longer, so that the terminal has broken it.</summary>
    public void AssertFits(int columns) => Assert.All(
        Controls().Replace(Screen, "").Split('\n'), line => Assert.InRange(line.TrimEnd('\r').Length, 0, columns));

    /// <summary>Waits for the end.</summary>
    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Limit);
        await _reading;
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new char[4096];
        int read;
        while ((read = await _process.StandardOutput.ReadAsync(buffer)) > 0)
            lock (_screen) _screen.Append(buffer, 0, read);
    }

    [GeneratedRegex(@"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")]
    private static partial Regex Controls();
}
