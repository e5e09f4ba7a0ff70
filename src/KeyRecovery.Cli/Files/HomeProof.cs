namespace KeyRecovery.Cli.Files;

/// <summary>
/// Proves that a home can be written to, before a secret is shown that would not count without that: what it keeps is
/// written once more beside, and a little over, and goes again.
/// </summary>
internal static class HomeProof
{
    private const int More = 16 * 1024;

    // No device's state has more: what does is damaged, and told as that.
    private const int Most = 64 * 1024 * 1024;

    /// <summary>Writes, flushes and deletes.</summary>
    /// <param name="home">The folder; made where it is missing.</param>
    /// <exception cref="IOException">It takes nothing, or not so much.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not write to it.</exception>
    public static void Write(string home)
    {
        PrivateFile.MakeFolder(home);
        var kept = new FileInfo(Path.Combine(home, "device.sealed"));
        using var file = new FileStream(
            Path.Combine(home, $"device.proof.{Environment.ProcessId}"), new FileStreamOptions
            {
                Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.DeleteOnClose,
            });
        file.Write(new byte[(kept.Exists ? Math.Min(kept.Length, Most) : 0) + More]);
        file.Flush(flushToDisk: true);
    }
}
