using System.Globalization;
using System.Text;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Backups;
using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Storage.Files.Fence;

/// <summary>
/// The list of backup sets that hold keys, as a text file beside the tombstones, mode 0600, only ever appended to: a
/// set's id in 32 hexadecimal digits, its lowest KEK, and when it expires in seconds since 1970, separated by spaces. A
/// last line that a crash cut short was never acknowledged, and is cut off by the next append. Escrows that lie there
/// count as well.
/// </summary>
public sealed class BackupSetList : IBackupSets, IDisposable
{
    /// <summary>The file's name.</summary>
    public const string FileName = "backup-sets";

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly string _path;
    private readonly EscrowFolder? _escrows;
    private readonly TimeProvider _time;
    private volatile Loaded _loaded;

    /// <summary>Reads the list.</summary>
    /// <param name="folder">The fence's folder, made when it is first needed.</param>
    /// <param name="escrows">Where the escrows of the sets lie; null where none are kept here.</param>
    /// <param name="time">Tells what has expired.</param>
    /// <exception cref="StoreUnavailableException">It cannot be read, or is no such list.</exception>
    public BackupSetList(string folder, EscrowFolder? escrows, TimeProvider time)
    {
        (_path, _escrows, _time) = (Path.Combine(Path.GetFullPath(folder), FileName), escrows, time);
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
    public async ValueTask AddAsync(BackupSetId set, KekId lowest, DateTimeOffset expiresAt, CancellationToken ct)
    {
        await _turn.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            var line = new Line(set, lowest.Value, expiresAt.ToUnixTimeSeconds());
            await AppendFile.AppendAsync(_path, Encoding.ASCII.GetBytes(line.ToText()), ct).ConfigureAwait(false);
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
    public ValueTask<DateTimeOffset?> LastHoldingAsync(KekId kek, CancellationToken ct)
    {
        var now = _time.GetUtcNow();
        DateTimeOffset? last = null;
        foreach (var line in Lines)
        {
            if (line.Kek > kek.Value) continue;
            var ends = DateTimeOffset.FromUnixTimeSeconds(line.ExpiresAt);
            // Its end is a promise that the escrow is gone.
            if (ends <= now && _escrows?.IsGone(line.Set) != true) ends = DateTimeOffset.MaxValue;
            if (last is null || ends > last) last = ends;
        }

        return new(last);
    }

    /// <summary>Whether any set was ever put on the list.</summary>
    public bool IsEmpty => Lines.Count == 0;

    /// <summary>Whether a set was ever put on the list.</summary>
    public bool Knows(BackupSetId set) => Lines.Exists(line => line.Set == set);

    /// <summary>When the last set expires that has not; null where all have.</summary>
    public DateTimeOffset? HeldUntil()
    {
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var living = Lines.Where(line => line.ExpiresAt > now).ToList();
        return living.Count == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(living.Max(line => line.ExpiresAt));
    }

    /// <summary>
    /// Destroys the escrows of all sets that have expired. It cannot be undone: whoever calls must believe the clock.
    /// </summary>
    /// <returns>How many could not be destroyed: an alarm.</returns>
    public int DestroyExpired()
    {
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        return Lines.Count(line => line.ExpiresAt <= now && _escrows?.TryDestroy(line.Set) != true);
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    // Another process that shares the folder may have added a line by now.
    private List<Line> Lines
    {
        get
        {
            try
            {
                var length = LengthNow();
                if (length < _loaded.Length) throw new FormatException("the list is shorter than it was");
                if (length > _loaded.Length) _loaded = Load();
                return _loaded.Lines;
            }
            catch (Exception e) when (IsOfFile(e))
            {
                throw Fault(e);
            }
        }
    }

    private long LengthNow() => new FileInfo(_path) is { Exists: true } file ? file.Length : 0;

    private Loaded Load()
    {
        var text = File.Exists(_path) ? File.ReadAllText(_path, Encoding.ASCII) : "";
        // As much as is whole: what is behind it may be half of what another process is writing.
        var whole = text[..(text.LastIndexOf('\n') + 1)];
        List<Line> listed = [.. whole.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Line.Parse)];
        return new Loaded([.. listed, .. Unlisted(listed)], whole.Length);
    }

    // A list that was lost, or is an older one: an escrow that is there opens its set all the same. Which KEKs it has
    // is sealed.
    private List<Line> Unlisted(List<Line> listed) => _escrows is null
        ? []
        : [.. _escrows.Find().Where(escrow => !listed.Exists(line => line.Set == escrow.Set))
            .Select(escrow => new Line(escrow.Set, 1, (long)escrow.ExpiresAt))];

    private StoreUnavailableException Fault(Exception cause) =>
        new(StoreFault.Failed,
            $"the list of backup sets, {_path}, cannot be read or written: "
            + $"{(cause is FormatException ? "a line is none of its own; put its newest copy there" : cause.Message)}",
            cause);

    private static bool IsOfFile(Exception e) =>
        e is IOException or UnauthorizedAccessException or FormatException or OverflowException;

    private sealed record Loaded(List<Line> Lines, long Length);

    private readonly record struct Line(BackupSetId Set, uint Kek, long ExpiresAt)
    {
        public static Line Parse(string line) => line.Split(' ') is [var set, var kek, var expires]
            ? new Line(
                new BackupSetId(Convert.FromHexString(set)),
                uint.Parse(kek, NumberStyles.None, CultureInfo.InvariantCulture),
                long.Parse(expires, NumberStyles.None, CultureInfo.InvariantCulture))
            : throw new FormatException("not a line of the list of backup sets");

        public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{Set} {Kek} {ExpiresAt}\n");
    }
}
