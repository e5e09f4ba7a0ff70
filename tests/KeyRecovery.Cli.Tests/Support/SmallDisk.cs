namespace KeyRecovery.Cli.Tests.Support;

/// <summary>A file system of its own and of a few kilobytes, to be filled, or made to take nothing.</summary>
public sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>Mounts it.</summary>
    public static async Task<SmallDisk> MountAsync(string path)
    {
        Directory.CreateDirectory(path);
        await DoAsync("mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "keyrecovery-test", path);
        return new SmallDisk(path);
    }

    /// <summary>Nothing is left on it, but what is begun in the blocks that files have.</summary>
    public void Fill()
    {
        using var filler = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, 0);
        try
        {
            while (true) filler.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    /// <summary>There is room again.</summary>
    public void Empty() => File.Delete(Filler);

    /// <summary>It takes nothing, also from root.</summary>
    public Task CloseAsync() => DoAsync("mount", "-o", "remount,ro", Path);

    /// <summary>It takes all again.</summary>
    public Task OpenAsync() => DoAsync("mount", "-o", "remount,rw", Path);

    /// <inheritdoc/>
    public void Dispose()
    {
        using var umount = System.Diagnostics.Process.Start("umount", ["-l", Path]);
        umount.WaitForExit();
    }

    private static async Task DoAsync(string program, params string[] arguments) =>
        Assert.Equal((0, ""), await OtherProgram.RunAsync(program, arguments));
}
