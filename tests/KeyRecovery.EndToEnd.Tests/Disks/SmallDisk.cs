using System.Diagnostics;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Disks;

/// <summary>A real file system of a given size, in memory.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TempFolder _folder = new();

    public string Path => _folder.Path;

    public static SmallDisk Mount(string size)
    {
        var disk = new SmallDisk();
        Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", disk.Path);
        return disk;
    }

    public void Resize(string size) => Run("mount", "-o", $"remount,size={size}", Path);

    /// <summary>Takes what room is left, to the last byte.</summary>
    public void Fill()
    {
        using var filler = new FileStream(
            System.IO.Path.Combine(Path, "filler"), FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        foreach (var size in new[] { 65_536, 4_096, 1 })
        {
            try
            {
                while (true) filler.Write(new byte[size]);
            }
            catch (IOException)
            {
                // Full.
            }
        }
    }

    public void Dispose()
    {
        Run("umount", "-l", Path);
        _folder.Dispose();
    }

    public static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        Assert.True(
            process.ExitCode == 0, $"{command} {string.Join(' ', arguments)}: {process.StandardError.ReadToEnd()}");
    }
}
