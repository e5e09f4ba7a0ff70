using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using KeyRecovery.Testing.Emulators;

namespace KeyRecovery.Testing.Needs;

/// <summary>
/// The machine that the tests run on: what it lacks, and how to get it. It is looked at once for each need.
/// </summary>
public static class Machine
{
    private const int LeastNode = 20;

    private static readonly Dictionary<Need, (string Path, string Package)> Programs = ReadPrograms();
    private static readonly ConcurrentDictionary<Need, Lazy<string?>> Looked = new();

    /// <summary>
    /// The first need that is not met, with the way to meet it; null where all are met. A reason that begins with
    /// <c>another system:</c> is one that <c>.ci/run</c> allows, see <c>.ci/skips</c>.
    /// </summary>
    public static string? Lacks(params IEnumerable<Need> needs) => needs
        .Select(need => Looked.GetOrAdd(need, n => new Lazy<string?>(() => Look(n))).Value)
        .FirstOrDefault(reason => reason is not null);

    /// <summary>Where the program or file of a need is.</summary>
    public static string PathOf(Need need) => Programs[need].Path;

    private static string? Look(Need need)
    {
        if (need == Need.Linux) return OperatingSystem.IsLinux() ? null : "another system: this test reads /proc";
        if (need == Need.Tracing) return CanTrace() ? null
            : "no process can be traced here: run as root, in a container with the right to (CAP_SYS_PTRACE)";
        if (need == Need.Azurite) return LacksEmulator("azurite");
        if (need == Need.CosmosEmulator) return LacksEmulator("cosmos");
        if (need == Need.OidcProvider) return LacksEmulator("oidc");
        if (need == Need.CosmosAccounts) return CloudAccounts.Cosmos is null
            ? "a cloud account: connection strings in KEYRECOVERY_COSMOS and KEYRECOVERY_COSMOS_KEYS" : null;
        var (path, package) = Programs[need];
        if (!IsThere(path)) return $"{path} is missing: apt-get install {package}";
        return need switch
        {
            Need.Node when !IsNodeNewEnough() =>
                $"node is older than {LeastNode}: install Node.js {LeastNode} or later",
            Need.Mounting when !CanMount() =>
                "nothing can be mounted here: run as root, outside of a container without that right",
            Need.Image when !CanMountImage() =>
                "no file can be mounted as a disk here: run as root, where there are loop devices",
            Need.Unshare when Run("unshare", "--mount", "mount", "-o", "remount,bind,ro", "/") is null =>
                "file systems cannot be seen otherwise here: run as root, outside of a container without that right",
            Need.Chattr when !CanMakeImmutable() =>
                "no file can be made immutable here: run as root, with the temporary folder on a disk",
            _ => null,
        };
    }

    // The right itself (capabilities(7)), and that nothing forbids it to all (yama, ptrace_scope 3).
    private static bool CanTrace()
    {
        const int Right = 19;
        const string Scope = "/proc/sys/kernel/yama/ptrace_scope";
        if (!OperatingSystem.IsLinux()) return false;
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("CapEff:", StringComparison.Ordinal));
        var rights = ulong.Parse(line.AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (rights >> Right & 1) == 1 && (!File.Exists(Scope) || File.ReadAllText(Scope).Trim() != "3");
    }

    private static string? LacksEmulator(string name) => NodeEmulator.IsInstalled(name)
        ? Lacks(Need.Node) : $"the emulator {name} is not installed: npm ci in {NodeEmulator.FolderOf(name)}";

    private static bool IsThere(string path) => Path.IsPathRooted(path)
        ? File.Exists(path)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, path)));

    private static bool IsNodeNewEnough() =>
        Run("node", "--version") is ['v', .. var version]
        && int.Parse(version.Split('.')[0], CultureInfo.InvariantCulture) >= LeastNode;

    private static bool CanMount()
    {
        var folder = Directory.CreateTempSubdirectory("keyrecovery-need-").FullName;
        try
        {
            return Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder) is not null
                && Run("umount", "-l", folder) is not null;
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    private static bool CanMountImage()
    {
        var folder = Directory.CreateTempSubdirectory("keyrecovery-need-").FullName;
        var (image, disk) = (Path.Combine(folder, "image"), Path.Combine(folder, "disk"));
        Directory.CreateDirectory(disk);
        try
        {
            return Run("truncate", "-s", "2M", image) is not null && Run("mkfs.ext4", "-q", image) is not null
                && Run("mount", "-o", "loop", image, disk) is not null && Run("umount", disk) is not null;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool CanMakeImmutable()
    {
        var file = Path.GetTempFileName();
        try
        {
            return Run("chattr", "+i", file) is not null && Run("chattr", "-i", file) is not null;
        }
        finally
        {
            File.Delete(file);
        }
    }

    // What it printed, or null where it failed.
    private static string? Run(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _ = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : null;
    }

    private static Dictionary<Need, (string Path, string Package)> ReadPrograms()
    {
        using var reader = new StreamReader(typeof(Machine).Assembly.GetManifestResourceStream("programs.txt")!);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(row => Enum.Parse<Need>(row[0]), row => (row[1], row[2]));
    }
}
