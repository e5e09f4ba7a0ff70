using KeyRecovery.Service.Log;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Storage.Files.Log;

/// <summary>
/// The log's tiles, entry bundles and checkpoint as files below one folder, by the paths of tlog-tiles: what a web
/// server or a copy of the folder gives to auditors as it is. Nothing in it is secret. Several processes may share it,
/// also on several machines where the file system has locks between them; a log is begun anew by one of them alone.
/// </summary>
public sealed class LogFolder : ILogFiles, IDisposable
{
    /// <summary>The file with the published checkpoint.</summary>
    public const string Checkpoint = "checkpoint";

    private const string Signed = "signed";
    private const string Draft = ".new";
    private const string Parts = ".p";
    private const string Turn = ".turn";

    private readonly SemaphoreSlim _publishing = new(1, 1);
    private readonly string _root;

    /// <summary>Takes a folder, which is made with mode 0700 when something is first written.</summary>
    public LogFolder(string root) => _root = Path.GetFullPath(root);

    /// <inheritdoc/>
    public ValueTask<string?> PutAsync(IReadOnlyList<LogFile> files, CancellationToken ct) => new(Guard(() =>
    {
        var folders = new HashSet<string>(StringComparer.Ordinal);
        string? other = null;
        foreach (var (name, content) in files)
        {
            ct.ThrowIfCancellationRequested();
            var path = PathOf(name);
            if (File.Exists(path) || !PutNew(path, content.Span, folders))
            {
                if (!File.ReadAllBytes(path).AsSpan().SequenceEqual(content.Span)) other ??= name;
            }
        }

        foreach (var folder in folders) FolderSync.Flush(folder);
        return other;
    }));

    /// <inheritdoc/>
    public ValueTask<byte[]?> GetAsync(string name, CancellationToken ct)
    {
        try
        {
            // Some kilobytes of a page: handing them to another thread would take longer.
            return new(File.ReadAllBytes(PathOf(name)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DropPartsAsync(string name, CancellationToken ct)
    {
        Guard(() =>
        {
            try
            {
                Directory.Delete(PathOf(name) + Parts, recursive: true);
            }
            catch (DirectoryNotFoundException)
            {
                // There are none, or another process was faster.
            }

            return true;
        });
        return default;
    }

    /// <inheritdoc/>
    public ValueTask RetireAsync(CancellationToken ct)
    {
        Guard(() =>
        {
            if (!Directory.Exists(_root)) return false;
            var number = 1;
            while (Directory.Exists(RetiredName(number))) number++;
            Directory.Move(_root, RetiredName(number));
            FolderSync.Flush(Path.GetDirectoryName(_root)!);
            return true;
        });
        return default;
    }

    /// <inheritdoc/>
    public ValueTask<byte[]?> CheckpointAsync(CancellationToken ct) => GetAsync(Checkpoint, ct);

    /// <inheritdoc/>
    public ValueTask<byte[]?> SignedAsync(CancellationToken ct) => GetAsync(Signed, ct);

    /// <inheritdoc/>
    public ValueTask<bool> PublishAsync(
        ReadOnlyMemory<byte> note, Func<byte[]?, bool> follows, CancellationToken ct) =>
        ReplaceAsync(Checkpoint, note, follows, ct);

    /// <inheritdoc/>
    public ValueTask<bool> KeepSignedAsync(
        ReadOnlyMemory<byte> note, Func<byte[]?, bool> follows, CancellationToken ct) =>
        ReplaceAsync(Signed, note, follows, ct);

    /// <inheritdoc/>
    public void Dispose() => _publishing.Dispose();

    private async ValueTask<bool> ReplaceAsync(
        string name, ReadOnlyMemory<byte> note, Func<byte[]?, bool> follows, CancellationToken ct)
    {
        await _publishing.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            MakeFolder(_root);
            using var turn = await FileTurn.TakeAsync(PathOf(Turn), ct).ConfigureAwait(false);
            if (!follows(await GetAsync(name, ct).ConfigureAwait(false))) return false;
            AtomicFile.Write(PathOf(name), note.Span);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(e);
        }
        finally
        {
            _publishing.Release();
        }
    }

    // A link is made or refused in one step, as a move is not; where there are no links, the file is moved there.
    private static bool PutNew(string path, ReadOnlySpan<byte> content, HashSet<string> folders)
    {
        var folder = Path.GetDirectoryName(path)!;
        MakeFolder(folder);
        folders.Add(folder);
        var draft = $"{path}.{Guid.NewGuid():N}{Draft}";
        using (var stream = PrivateFiles.Open(draft, FileMode.CreateNew, FileShare.None))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        if (HardLinks.TryMake(draft, path))
        {
            File.Delete(draft);
            return true;
        }

        if (File.Exists(path))
        {
            File.Delete(draft);
            return false;
        }

        File.Move(draft, path);
        return true;
    }

    private string RetiredName(int number) => $"{_root}.retired-{number}";

    private string PathOf(string name) => Path.Combine(_root, name.Replace('/', Path.DirectorySeparatorChar));

    // Each folder that is new is an entry of the one above it, which must be durable as well.
    private static void MakeFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        var above = Path.GetDirectoryName(folder)!;
        MakeFolder(above);
        PrivateFiles.MakeFolder(folder);
        FolderSync.Flush(above);
    }

    private static T Guard<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(e);
        }
    }

    private static StoreUnavailableException Fault(Exception cause) =>
        new(StoreFault.Failed, $"the log's folder cannot be read or written: {cause.Message}", cause);
}
