using System.Globalization;

namespace KeyRecovery;

/// <summary>
/// Sealed items in a folder of their own, a file for each, 0600 in a folder 0700. Where they are too many bytes, those
/// that were written first go. Several processes may use one folder.
/// </summary>
public sealed class FileItemCache : IItemCache
{
    private const string Extension = ".item";

    private readonly string _folder;
    private readonly long _most;

    /// <summary>Names the folder; it is made when first needed, and holds nothing else.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="maxBytes">How many bytes of sealed items are kept, at least 0. Default: 16 MiB.</param>
    public FileItemCache(string folder, long maxBytes = 16 * 1024 * 1024)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        (_folder, _most) = (folder, maxBytes);
    }

    /// <inheritdoc/>
    public async ValueTask<byte[]?> FindAsync(Hash256 hash, CancellationToken ct)
    {
        var path = PathOf(hash);
        // Others may let go of it in between.
        try
        {
            return File.Exists(path) && new FileInfo(path).Length <= _most
                ? await File.ReadAllBytesAsync(path, ct) : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask KeepAsync(Hash256 hash, ReadOnlyMemory<byte> item, CancellationToken ct)
    {
        if (item.Length > _most || File.Exists(PathOf(hash))) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(_folder);
        else
            Directory.CreateDirectory(
                _folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        MakeRoom(item.Length);
        // Whole or not at all; what a crash leaves beside it counts, and goes as the others do.
        var beside = Path.Combine(
            _folder, string.Create(CultureInfo.InvariantCulture, $"{Guid.NewGuid():N}{Extension}"));
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using (var file = new FileStream(beside, options)) await file.WriteAsync(item, ct);
        File.Move(beside, PathOf(hash), overwrite: true);
    }

    /// <inheritdoc/>
    public ValueTask ClearAsync(CancellationToken ct)
    {
        foreach (var file in Files()) file.Delete();
        return ValueTask.CompletedTask;
    }

    private void MakeRoom(int bytes)
    {
        var files = Files().OrderBy(file => file.LastWriteTimeUtc).ToList();
        var kept = files.Sum(file => file.Length);
        foreach (var file in files)
        {
            if (kept + bytes <= _most) return;
            kept -= file.Length;
            file.Delete();
        }
    }

    private FileInfo[] Files() =>
        Directory.Exists(_folder) ? new DirectoryInfo(_folder).GetFiles("*" + Extension) : [];

    private string PathOf(Hash256 hash) =>
        Path.Combine(_folder, Convert.ToHexStringLower(hash.ToArray()) + Extension);
}
