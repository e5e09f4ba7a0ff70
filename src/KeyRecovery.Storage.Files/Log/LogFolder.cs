using KeyRecovery.Service.Log;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Storage.Files.Log;

/// <summary>
/// The log's tiles, entry bundles and checkpoint as files below one folder, by the paths of tlog-tiles: what a web
/// server or a copy of the folder gives to auditors as it is. Nothing in it is secret.
/// </summary>
public sealed class LogFolder : ILogFiles, IDisposable
{
    /// <summary>The file with the published checkpoint.</summary>
    public const string Checkpoint = "checkpoint";

    private const string Signed = "signed";
    private const string Draft = ".new";
    private const string Parts = ".p";

    private readonly SemaphoreSlim _publishing = new(1, 1);
    private readonly string _root;

    /// <summary>Takes a folder, which is made with mode 0700 when something is first written.</summary>
    public LogFolder(string root) => _root = Path.GetFullPath(root);

    /// <inheritdoc/>
    public ValueTask PutAsync(IReadOnlyList<LogFile> files, CancellationToken ct)
    {
        Guard(() =>
        {
            var folders = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (name, content) in files)
            {
                ct.ThrowIfCancellationRequested();
                var path = PathOf(name);
                if (File.Exists(path)) continue;
                var folder = Path.GetDirectoryName(path)!;
                MakeFolder(folder);
                // A draft of another process is the same: what stands in a tile is decided before it is written.
                var draft = $"{path}.{Guid.NewGuid():N}{Draft}";
                using (var stream = PrivateFiles.Open(draft, FileMode.CreateNew, FileShare.None))
                {
                    stream.Write(content.Span);
                    stream.Flush(flushToDisk: true);
                }

                File.Move(draft, path, overwrite: true);
                folders.Add(folder);
            }

            foreach (var folder in folders) FolderSync.Flush(folder);
            return true;
        });
        return default;
    }

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
            if (Directory.Exists(PathOf(name) + Parts)) Directory.Delete(PathOf(name) + Parts, recursive: true);
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
            if (!follows(await GetAsync(name, ct).ConfigureAwait(false))) return false;
            return Guard(() =>
            {
                MakeFolder(_root);
                AtomicFile.Write(PathOf(name), note.Span);
                return true;
            });
        }
        finally
        {
            _publishing.Release();
        }
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
