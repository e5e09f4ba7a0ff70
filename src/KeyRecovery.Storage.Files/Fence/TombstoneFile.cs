using System.Text;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Storage.Files.Fence;

/// <summary>
/// The list of tombstones as a text file, mode 0600: 64 hexadecimal digits and a line feed each, only ever appended to.
/// A last line that a crash cut short was never acknowledged, and is cut off by the next append.
/// </summary>
public sealed class TombstoneFile : ITombstones, IDisposable
{
    /// <summary>The file's name.</summary>
    public const string FileName = "tombstones";

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly string _path;

    /// <summary>Takes a folder, which is made with mode 0700 when it is first needed.</summary>
    public TombstoneFile(string folder) => _path = Path.Combine(Path.GetFullPath(folder), FileName);

    /// <summary>Makes an empty list where there is none: from then on a missing one was lost.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be made.</exception>
    public void Ensure()
    {
        try
        {
            PrivateFiles.MakeFolder(Path.GetDirectoryName(_path)!);
            PrivateFiles.Touch(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(e);
        }
    }

    /// <summary>Makes a list begin with an older one; what else it has stays, after that.</summary>
    /// <param name="older">A list as it was written.</param>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public void BeginWith(Stream older)
    {
        using var text = new StreamReader(older, Encoding.ASCII);
        var lines = text.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).ToList();
        var known = lines.ToHashSet(StringComparer.Ordinal);
        if (File.Exists(_path))
            lines.AddRange(File.ReadLines(_path).Where(line => IsTombstone(line) && known.Add(line)));
        PrivateFiles.MakeFolder(Path.GetDirectoryName(_path)!);
        AtomicFile.Write(_path, Encoding.ASCII.GetBytes(string.Concat(lines.Select(line => line + '\n'))));
    }

    /// <inheritdoc/>
    public async ValueTask AppendAsync(IReadOnlyCollection<Hash256> tombstones, CancellationToken ct)
    {
        if (tombstones.Count == 0) return;
        await _turn.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            var lines = new StringBuilder(tombstones.Count * BackupSet.TombstoneSize);
            foreach (var tombstone in tombstones)
                lines.Append(Convert.ToHexStringLower(tombstone.ToArray())).Append('\n');
            await AppendFile.AppendAsync(_path, Encoding.ASCII.GetBytes(lines.ToString()), ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(e);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlySet<Hash256>> ReadAsync(CancellationToken ct)
    {
        var tombstones = new HashSet<Hash256>();
        try
        {
            if (!File.Exists(_path)) return tombstones;
            var text = await File.ReadAllTextAsync(_path, ct).ConfigureAwait(false);
            var lines = text.Split('\n');
            for (var i = 0; i < lines.Length; i++)
            {
                if (IsTombstone(lines[i])) tombstones.Add(new Hash256(Convert.FromHexString(lines[i])));
                // What cannot be read may name somebody: it is not skipped, but for an end that was never acknowledged.
                else if (i < lines.Length - 1)
                    throw new FormatException(
                        $"line {i + 1} of {_path} is no tombstone: put the newest copy of the list there");
            }

            return tombstones;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw Fault(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private static bool IsTombstone(string line) =>
        line.Length == BackupSet.TombstoneSize - 1 && line.All(char.IsAsciiHexDigit);

    private static StoreUnavailableException Fault(Exception cause) =>
        new(StoreFault.Failed, $"the list of tombstones cannot be read or written: {cause.Message}", cause);
}
