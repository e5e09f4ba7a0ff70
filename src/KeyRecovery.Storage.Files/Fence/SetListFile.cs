using System.Globalization;
using System.Text;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Storage.Files.Fence;

/// <summary>
/// The list of backup sets as a text file beside the tombstones, mode 0600, only ever appended to: a set's id in 32
/// hexadecimal digits, its lowest KEK, and when it expires in seconds since 1970, separated by spaces. A last line that
/// a crash cut short was never acknowledged, and is cut off by the next append.
/// </summary>
public sealed class SetListFile : ISetList, IDisposable
{
    /// <summary>The file's name.</summary>
    public const string FileName = "backup-sets";

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly string _path;
    private volatile Loaded _loaded;

    /// <summary>Reads the list.</summary>
    /// <param name="folder">The fence's folder, made when it is first needed.</param>
    /// <exception cref="StoreUnavailableException">It cannot be read, or is no such list.</exception>
    public SetListFile(string folder)
    {
        _path = Path.Combine(Path.GetFullPath(folder), FileName);
        try
        {
            _loaded = Load();
        }
        catch (Exception e) when (IsOfFile(e))
        {
            throw Fault(e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask AddAsync(ListedSet set, CancellationToken ct)
    {
        await _turn.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            var line = string.Create(CultureInfo.InvariantCulture, $"{set.Set} {set.Kek} {set.ExpiresAt}\n");
            await AppendFile.AppendAsync(_path, Encoding.ASCII.GetBytes(line), ct).ConfigureAwait(false);
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
    public ValueTask<IReadOnlyList<ListedSet>> ReadAsync(CancellationToken ct)
    {
        try
        {
            // Another process that shares the folder may have added a line by now.
            var length = LengthNow();
            if (length < _loaded.Length) throw new FormatException("the list is shorter than it was");
            if (length > _loaded.Length) _loaded = Load();
            return new(_loaded.Sets);
        }
        catch (Exception e) when (IsOfFile(e))
        {
            throw Fault(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private long LengthNow() => new FileInfo(_path) is { Exists: true } file ? file.Length : 0;

    private Loaded Load()
    {
        var text = File.Exists(_path) ? File.ReadAllText(_path, Encoding.ASCII) : "";
        // As much as is whole: what is behind it may be half of what another process is writing.
        var whole = text[..(text.LastIndexOf('\n') + 1)];
        return new Loaded(
            [.. whole.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)], whole.Length);
    }

    private static ListedSet Parse(string line) => line.Split(' ') is [var set, var kek, var expires]
        ? new ListedSet(
            new BackupSetId(Convert.FromHexString(set)),
            uint.Parse(kek, NumberStyles.None, CultureInfo.InvariantCulture),
            long.Parse(expires, NumberStyles.None, CultureInfo.InvariantCulture))
        : throw new FormatException("not a line of the list of backup sets");

    private StoreUnavailableException Fault(Exception cause) =>
        new(StoreFault.Failed,
            $"the list of backup sets, {_path}, cannot be read or written: "
            + $"{(cause is FormatException ? "a line is none of its own; put its newest copy there" : cause.Message)}",
            cause);

    private static bool IsOfFile(Exception e) =>
        e is IOException or UnauthorizedAccessException or FormatException or OverflowException;

    private sealed record Loaded(IReadOnlyList<ListedSet> Sets, long Length);
}
