using System.Diagnostics;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>A real fault of a disk, gone when disposed of.</summary>
internal sealed class Fault(Action end) : IDisposable
{
    /// <summary>The kernel's own refusal: files with the immutable flag cannot be written, by root either.</summary>
    public static Fault ReadOnly(params string[] files)
    {
        Run("chattr", ["+i", .. files]);
        return new Fault(() => Run("chattr", ["-i", .. files]));
    }

    /// <summary>A file system in memory of a few MiB, mounted on a folder. Disposal takes it away.</summary>
    public static Fault SmallDisk(string folder)
    {
        Run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder);
        return new Fault(() => Run("umount", "-l", folder));
    }

    /// <summary>Takes what room is left, to the last byte.</summary>
    public static Fault Full(string folder)
    {
        var filler = Path.Combine(folder, "filler");
        using (var stream = new FileStream(filler, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0))
        {
            foreach (var size in new[] { 65_536, 4_096, 1 })
            {
                try
                {
                    while (true) stream.Write(new byte[size]);
                }
                catch (IOException)
                {
                    // Full.
                }
            }
        }

        return new Fault(() => File.Delete(filler));
    }

    public void Dispose() => end();

    private static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{command}: {process.StandardError.ReadToEnd()}");
    }
}
