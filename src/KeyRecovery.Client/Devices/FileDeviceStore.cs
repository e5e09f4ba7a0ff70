using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Client.Devices;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using Microsoft.Win32.SafeHandles;

namespace KeyRecovery;

/// <summary>
/// A device's state in a folder: <c>device.sealed</c> under a random key in <c>device.key</c>, both files 0600, the
/// folder 0700. Protects a copied state file, not a copied folder: a platform's key store is better where there is one.
/// Several processes may use one folder: <c>device.lock</c> lets one write at a time. What is about to be sent is noted
/// in <c>device.notes</c>, sealed note after sealed note, so that a commit costs one flush before it and one after.
/// </summary>
public sealed class FileDeviceStore : IDeviceStore
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

    // What a sharing violation is called on Linux, on macOS and the BSDs, and on Windows.
    private const int LockedOnLinux = 11;
    private const int LockedOnBsd = 35;
    private const int LockedOnWindows = unchecked((int)0x80070020);

    // The notes' file begins anew after so many.
    private const int Notes = 64;
    // More than a state can have: the vaults that it keeps, and what is pending.
    private const int MostState = 64 * 1024 * 1024;
    private const int MostNotes = 1024 * 1024;
    private const int NoteSize = SecretBox.Overhead + OwnCommits.NoteSize;

    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HoldLimit = TimeSpan.FromSeconds(15);

    private readonly string _folder;
    private readonly IRandom _random;

    /// <summary>Names the folder; it is made when first needed.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="random">Draws the key and nonces. Default: the operating system.</param>
    public FileDeviceStore(string folder, IRandom? random = null)
    {
        _folder = folder;
        _random = random ?? SystemRandom.Instance;
    }

    private string KeyFile => Path.Combine(_folder, "device.key");

    private string StateFile => Path.Combine(_folder, "device.sealed");

    private string NotesFile => Path.Combine(_folder, "device.notes");

    private string LockFile => Path.Combine(_folder, "device.lock");

    private string HoldFile => Path.Combine(_folder, "device.hold");

    // Beside it: what is locked, nobody reads.
    private string HolderFile => Path.Combine(_folder, "device.holder");

    private static ReadOnlySpan<byte> Aad => "keyrecovery/v1/device-state"u8;

    private static ReadOnlySpan<byte> NoteAad => "keyrecovery/v1/device-note"u8;

    /// <inheritdoc/>
    public ValueTask<DeviceState?> LoadAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return new ValueTask<DeviceState?>(Load());
    }

    private DeviceState? Load()
    {
        if (!IsThere(StateFile)) return IsFolder() ? null : throw NotAFolder();
        if (!IsThere(KeyFile))
            throw new DeviceStoreException(
                DeviceStoreTrouble.KeyMissing, $"{KeyFile} is missing, and {StateFile} does not open without it");
        using var key = ReadKey();
        // First: whoever forgets notes has put a state there that has them.
        var notes = ReadNotes();
        var sealedState = ReadState();
        // An array, since the reader wants one: pinned and zeroed, as a secret is.
        var state = GC.AllocateArray<byte>(sealedState.Length - SecretBox.Overhead, pinned: true);
        try
        {
            if (!SecretBox.TryOpen(key.Span, Aad, sealedState, state))
                throw new DeviceStoreException(
                    DeviceStoreTrouble.DoesNotOpen,
                    $"{StateFile} does not open under {KeyFile}: one of them was changed, or is another device's");
            var decoded = DeviceState.Decode(state);
            if (notes.Length == 0) return decoded;
            using (decoded) return decoded.With(Join(decoded.Commits, key, notes));
        }
        catch (WireFormatException e)
        {
            throw new DeviceStoreException(DeviceStoreTrouble.Damaged, $"{StateFile} is damaged", e);
        }
        catch (UpgradeRequiredException e)
        {
            throw new DeviceStoreException(
                DeviceStoreTrouble.Newer, $"{StateFile} was written by a newer version: update this app", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(state);
        }
    }

    /// <inheritdoc/>
    public async ValueTask SaveAsync(DeviceState state, CancellationToken ct)
    {
        MakeFolder();
        await using var held = await LockAsync(ct);
        using var key = File.Exists(KeyFile) ? ReadKey() : MakeKey();
        using var noted = await JoinAsync(state, ct);
        using var encoded = (noted ?? state).Encode();
        await WriteAsync(StateFile, SecretBox.Seal(key.Span, Aad, encoded.Span, _random), ct);
        if (new FileInfo(NotesFile) is { Exists: true, Length: >= Notes * NoteSize }) ForgetNotes();
    }

    /// <inheritdoc/>
    public async ValueTask NoteAsync(DeviceState state, CancellationToken ct)
    {
        if (!File.Exists(StateFile) || !File.Exists(KeyFile))
        {
            await SaveAsync(state, ct);
            return;
        }
        await using var held = await LockAsync(ct);
        using var key = ReadKey();
        var note = SecretBox.Seal(key.Span, NoteAad, state.Commits.EncodeNewest(), _random);
        await Task.Run(() => Append(note), CancellationToken.None);
    }

    /// <inheritdoc/>
    public async ValueTask<IAsyncDisposable?> HoldAsync(CancellationToken ct)
    {
        MakeFolder();
        var held = await LockAsync(
            HoldFile, HoldLimit, () => $"process {Holder()} is making it part of an account", ct);
        using var holder = new FileStream(HolderFile, Owners(FileMode.Create));
        holder.Write(Encoding.ASCII.GetBytes($"{Environment.ProcessId}"));
        return held;
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(CancellationToken ct)
    {
        File.Delete(StateFile);
        File.Delete(NotesFile);
        File.Delete(KeyFile);
        return ValueTask.CompletedTask;
    }

    // The state with what other processes of this device have noted since it was read; null where there is nothing.
    private async Task<DeviceState?> JoinAsync(DeviceState state, CancellationToken ct)
    {
        try
        {
            using var stored = await LoadAsync(ct);
            return stored?.Device == state.Device ? state.With(state.Commits.Join(stored.Commits)) : null;
        }
        catch (DeviceStoreException)
        {
            return null;
        }
    }

    private Task<FileStream> LockAsync(CancellationToken ct) =>
        LockAsync(LockFile, LockLimit, () => $"another program keeps {LockFile} locked", ct);

    private string Holder() => File.Exists(HolderFile) ? File.ReadAllText(HolderFile) : "of another";

    private static async Task<FileStream> LockAsync(string path, TimeSpan limit, Func<string> why, CancellationToken ct)
    {
        for (var waited = TimeSpan.Zero; ; waited += LockPause)
        {
            try
            {
                return new FileStream(path, Owners(FileMode.OpenOrCreate, share: FileShare.None));
            }
            catch (IOException e) when (e.HResult is LockedOnLinux or LockedOnBsd or LockedOnWindows)
            {
                if (waited >= limit) throw new DeviceStoreException(DeviceStoreTrouble.Busy, why(), e);
                await Task.Delay(LockPause, ct);
            }
        }
    }

    private static DeviceStoreException WrongSize(string path, long length) => new(
        DeviceStoreTrouble.WrongSize, length == 0 ? $"{path} is empty" : $"{path} was cut, or has too much");

    private DeviceStoreException NotAFolder() =>
        new(DeviceStoreTrouble.NotAFile, $"{_folder} is a file, and not a folder");

    private static bool IsThere(string path) => File.Exists(path) || Directory.Exists(path);

    // A folder that nobody may look into seems to be without files.
    private bool IsFolder()
    {
        if (!Directory.Exists(_folder)) return !File.Exists(_folder);
        try
        {
            _ = Directory.EnumerateFileSystemEntries(_folder).Any();
            return true;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DeviceStoreException(
                DeviceStoreTrouble.NoPermission, $"this user may not look into {_folder}", e);
        }
    }

    private static SafeFileHandle OpenToRead(string path)
    {
        if (Directory.Exists(path))
            throw new DeviceStoreException(DeviceStoreTrouble.NotAFile, $"{path} is a folder, and not a file");
        try
        {
            return File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DeviceStoreException(DeviceStoreTrouble.NoPermission, $"this user may not read {path}", e);
        }
    }

    private void MakeFolder()
    {
        if (Directory.Exists(_folder)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(_folder);
        else Directory.CreateDirectory(_folder, OwnerFolder);
    }

    // The key's bytes go from and to the file without a stream's buffer between.
    private SecretBytes ReadKey()
    {
        using var file = OpenToRead(KeyFile);
        var length = RandomAccess.GetLength(file);
        if (length != SecretBox.KeySize) throw WrongSize(KeyFile, length);
        return SecretBytes.Create(
            SecretBox.KeySize, file, static (key, file) =>
            {
                for (var read = 0; read < key.Length;)
                {
                    var more = RandomAccess.Read(file, key[read..], read);
                    if (more == 0)
                        throw new DeviceStoreException(
                            DeviceStoreTrouble.WrongSize, "the key's file was cut while it was read");
                    read += more;
                }
            });
    }

    private SecretBytes MakeKey()
    {
        var key = SecretBytes.Random(SecretBox.KeySize, _random);
        Write(KeyFile, file => RandomAccess.Write(file, key.Span, 0));
        return key;
    }

    private static async ValueTask WriteAsync(string path, byte[] bytes, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        await Task.Run(() => Write(path, file => RandomAccess.Write(file, bytes, 0)), CancellationToken.None);
    }

    // A note that was cut is none: the commit was not sent. The next one takes its place.
    private void Append(byte[] note)
    {
        using var file = new FileStream(NotesFile, Owners(FileMode.OpenOrCreate));
        RandomAccess.Write(file.SafeFileHandle, note, file.Length / NoteSize * NoteSize);
        file.Flush(flushToDisk: true);
    }

    private byte[] ReadNotes()
    {
        if (!IsThere(NotesFile)) return [];
        using var file = OpenToRead(NotesFile);
        return Read(file, Math.Min(RandomAccess.GetLength(file), MostNotes));
    }

    private byte[] ReadState()
    {
        using var file = OpenToRead(StateFile);
        var length = RandomAccess.GetLength(file);
        return length is >= SecretBox.Overhead and <= MostState
            ? Read(file, length) : throw WrongSize(StateFile, length);
    }

    private static byte[] Read(SafeFileHandle file, long length)
    {
        var bytes = new byte[length];
        var read = 0;
        for (int more; read < length && (more = RandomAccess.Read(file, bytes.AsSpan(read), read)) > 0;) read += more;
        return bytes[..read];
    }

    private static OwnCommits Join(OwnCommits commits, SecretBytes key, ReadOnlySpan<byte> notes)
    {
        Span<byte> note = stackalloc byte[OwnCommits.NoteSize];
        for (; notes.Length >= NoteSize; notes = notes[NoteSize..])
            if (SecretBox.TryOpen(key.Span, NoteAad, notes[..NoteSize], note)) commits = commits.Join(note);
        return commits;
    }

    // The state has them, under a name that is durable before they go: file systems flush a file together with its
    // name (ext4, XFS, Btrfs).
    private void ForgetNotes()
    {
        using (var state = File.OpenHandle(StateFile, access: FileAccess.Write)) RandomAccess.FlushToDisk(state);
        using var notes = new FileStream(NotesFile, Owners(FileMode.Open));
        notes.SetLength(0);
    }

    // Beside, flushed, then renamed: a crash leaves the old file or the new one.
    private static void Write(string path, Action<SafeFileHandle> write)
    {
        var beside = path + ".new";
        File.Delete(beside);
        using (var file = new FileStream(beside, Owners(FileMode.Create)))
        {
            write(file.SafeFileHandle);
            file.Flush(flushToDisk: true);
        }
        File.Move(beside, path, overwrite: true);
    }

    private static FileStreamOptions Owners(
        FileMode mode, FileAccess access = FileAccess.ReadWrite, FileShare share = FileShare.ReadWrite)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share, BufferSize = 0 };
        if (mode != FileMode.Open && !OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerFile;
        return options;
    }
}
