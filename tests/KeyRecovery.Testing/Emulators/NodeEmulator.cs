using System.Diagnostics;
using System.Globalization;

namespace KeyRecovery.Testing.Emulators;

/// <summary>
/// A program from npm that speaks the protocol of a cloud's service: a process on ports of this machine, with its data
/// in memory. Its <c>start.cjs</c> says <c>ready PORT …</c>, and ends when its standard input does, also where the
/// tests were killed.
/// </summary>
public sealed class NodeEmulator : IDisposable
{
    private readonly Process _process;

    private NodeEmulator(Process process, IReadOnlyList<int> ports) => (_process, Ports) = (process, ports);

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public IReadOnlyList<int> Ports { get; }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>The folder of an emulator, with its lock file and what was installed by it.</summary>
    public static string FolderOf(string name)
    {
        const string Emulators = "tests/KeyRecovery.Testing/Emulators";
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Directory.Exists(Path.Combine(folder.FullName, Emulators)))
                return Path.Combine(folder.FullName, Emulators, name);
        throw new DirectoryNotFoundException("the tests' sources are not above the tests' output");
    }

    /// <summary>Whether <c>npm ci</c> was run there.</summary>
    public static bool IsInstalled(string name) =>
        File.Exists(Path.Combine(FolderOf(name), "node_modules", ".package-lock.json"));

    /// <summary>Starts one, and waits until it listens.</summary>
    public static async Task<NodeEmulator> StartAsync(string name)
    {
        if (!IsInstalled(name))
            throw new InvalidOperationException($"the emulator {name} wants `npm ci` in its folder");
        var process = Process.Start(new ProcessStartInfo("node", ["start.cjs"])
        {
            WorkingDirectory = FolderOf(name), RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        try
        {
            var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2));
            if (line?.Split(' ') is not ["ready", .. var ports])
                throw new InvalidOperationException($"the emulator {name} did not start: {line}");
            _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            return new NodeEmulator(process, [.. ports.Select(p => int.Parse(p, CultureInfo.InvariantCulture))]);
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
