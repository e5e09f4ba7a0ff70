using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.KeyStores;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using Microsoft.Win32.SafeHandles;

namespace KeyRecovery;

/// <summary>
/// A device's state in a folder: <c>device.sealed</c> under a random key, the files 0600, the folder 0700. The key lies
/// where the home keeps it (<see cref="HomeKeyStore"/>), by default in <c>device.key</c>, which protects a copied state
/// file, not a copied folder: a platform's key store is better where there is one, or a passphrase.
/// Several processes may use one folder: <c>device.lock</c> lets one write at a time. What is about to be sent is noted
/// in <c>device.notes</c>, sealed note after sealed note, so that a commit costs one flush before it and one after.
/// </summary>
public sealed class FileDeviceStore : IDeviceStore
{
    // The notes' file begins anew after so many.
    private const int Notes = 64;
    // More than a state can have: the vaults that it keeps, and what is pending.
    private const int MostState = 64 * 1024 * 1024;
    private const int MostNotes = 1024 * 1024;
    private const int NoteSize = SecretBox.Overhead + OwnCommits.NoteSize;

    private static readonly TimeSpan HoldLimit = TimeSpan.FromSeconds(15);

    private readonly string _folder;
    private readonly IDeviceKeyStore _keys;
    private readonly IRandom _random;

    /// <summary>Names the folder; it is made when first needed.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="random">Draws the key and nonces. Default: the operating system.</param>
    /// <param name="keys">
    /// Keeps the key: a <see cref="HomeKeyStore"/> of the folder, or a store of the app's own. Default: where the home
    /// keeps it, in a file for a new one, with nobody to ask for a passphrase.
    /// </param>
    public FileDeviceStore(string folder, IRandom? random = null, IDeviceKeyStore? keys = null)
    {
        _folder = folder;
        _random = random ?? SystemRandom.Instance;
        _keys = keys ?? new HomeKeyStore(
            folder, new HomeKeyOptions { NewHome = DeviceKeyPlace.File }, _random, SystemKeyStores.OfThisMachine);
    }

    private string StateFile => Path.Combine(_folder, "device.sealed");

    private string NotesFile => Path.Combine(_folder, "device.notes");

    private string HoldFile => Path.Combine(_folder, "device.hold");

    // Beside it: what is locked, nobody reads.
    private string HolderFile => Path.Combine(_folder, "device.holder");

    private static ReadOnlySpan<byte> Aad => "keyrecovery/v1/device-state"u8;

    private static ReadOnlySpan<byte> NoteAad => "keyrecovery/v1/device-note"u8;

    /// <inheritdoc/>
    public async ValueTask<DeviceState?> LoadAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (!IsThere()) return null;
        using var key = await _keys.ReadAsync(ct) ?? throw KeyMissing();
        return Load(key);
    }

    private DeviceState Load(SecretBytes key)
    {
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
                    $"{StateFile} does not open under {_keys.Place}: one of them was changed, or is another device's");
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
        OwnerFiles.MakeFolder(_folder);
        await using var held = await HomeLock.TakeAsync(_folder, ct);
        using var key = await _keys.ReadAsync(ct) ?? await MakeKeyAsync(ct);
        using var noted = Join(state, key);
        await WriteAsync(noted ?? state, key, ct);
    }

    /// <inheritdoc/>
    public async ValueTask<DeviceState> ChangeAsync(Func<DeviceState?, DeviceState> change, CancellationToken ct)
    {
        OwnerFiles.MakeFolder(_folder);
        await using var held = await HomeLock.TakeAsync(_folder, ct);
        using var key = IsThere() ? await _keys.ReadAsync(ct) ?? throw KeyMissing() : null;
        using var stored = key is null ? null : Load(key);
        var next = change(stored);
        try
        {
            using var made = key is null ? await _keys.ReadAsync(ct) ?? await MakeKeyAsync(ct) : null;
            await WriteAsync(next, key ?? made!, ct);
            return next;
        }
        catch
        {
            next.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask NoteAsync(DeviceState state, CancellationToken ct)
    {
        if (!IsThere()) throw DeviceStoreException.Forgotten();
        await using var held = await HomeLock.TakeAsync(_folder, ct);
        using var key = await _keys.ReadAsync(ct) ?? throw KeyMissing();
        var note = SecretBox.Seal(key.Span, NoteAad, state.Commits.EncodeNewest(), _random);
        await Task.Run(() => Append(note), CancellationToken.None);
    }

    /// <inheritdoc/>
    public async ValueTask<IAsyncDisposable?> HoldAsync(CancellationToken ct)
    {
        OwnerFiles.MakeFolder(_folder);
        var held = await HomeLock.TakeAsync(
            HoldFile, HoldLimit, () => $"process {Holder()} is making it part of an account", ct);
        try
        {
            using var holder = new FileStream(HolderFile, OwnerFiles.Options(FileMode.Create));
            holder.Write(Encoding.ASCII.GetBytes($"{Environment.ProcessId}"));
            return held;
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(CancellationToken ct)
    {
        if (!Directory.Exists(_folder)) return;
        await using var held = await HomeLock.TakeAsync(_folder, ct);
        // The key last: without it what is left would be told as damaged.
        File.Delete(StateFile);
        File.Delete(NotesFile);
        await _keys.DeleteAsync(ct);
    }

    private bool IsThere() => OwnerFiles.IsThere(StateFile) || (IsFolder() ? false : throw NotAFolder());

    // The state with what other processes of this device have noted since it was read; null where there is nothing.
    private DeviceState? Join(DeviceState state, SecretBytes key)
    {
        if (!File.Exists(StateFile)) return null;
        try
        {
            using var stored = Load(key);
            return stored.Device == state.Device ? state.With(state.Commits.Join(stored.Commits)) : null;
        }
        catch (DeviceStoreException)
        {
            return null;
        }
    }

    private string Holder() => File.Exists(HolderFile) ? File.ReadAllText(HolderFile) : "of another";

    private DeviceStoreException KeyMissing() => new(
        DeviceStoreTrouble.KeyMissing, $"{_keys.Place} is missing, and {StateFile} does not open without it");

    private DeviceStoreException NotAFolder() =>
        new(DeviceStoreTrouble.NotAFile, $"{_folder} is a file, and not a folder");

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

    // A state that is there has a key somewhere: another one would seal over it.
    private async ValueTask<SecretBytes> MakeKeyAsync(CancellationToken ct)
    {
        if (OwnerFiles.IsThere(StateFile)) throw KeyMissing();
        var key = SecretBytes.Random(SecretBox.KeySize, _random);
        try
        {
            await _keys.WriteAsync(key, ct);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private async ValueTask WriteAsync(DeviceState state, SecretBytes key, CancellationToken ct)
    {
        using var encoded = state.Encode();
        var bytes = SecretBox.Seal(key.Span, Aad, encoded.Span, _random);
        ct.ThrowIfCancellationRequested();
        await Task.Run(() => OwnerFiles.Write(StateFile, bytes), CancellationToken.None);
        if (new FileInfo(NotesFile) is { Exists: true, Length: >= Notes * NoteSize }) ForgetNotes();
    }

    // A note that was cut is none: the commit was not sent. The next one takes its place.
    private void Append(byte[] note)
    {
        using var file = new FileStream(NotesFile, OwnerFiles.Options(FileMode.OpenOrCreate));
        RandomAccess.Write(file.SafeFileHandle, note, file.Length / NoteSize * NoteSize);
        file.Flush(flushToDisk: true);
    }

    private byte[] ReadNotes()
    {
        if (!OwnerFiles.IsThere(NotesFile)) return [];
        using var file = OwnerFiles.OpenToRead(NotesFile);
        return Read(file, Math.Min(RandomAccess.GetLength(file), MostNotes));
    }

    private byte[] ReadState()
    {
        using var file = OwnerFiles.OpenToRead(StateFile);
        var length = RandomAccess.GetLength(file);
        return length is >= SecretBox.Overhead and <= MostState
            ? Read(file, length) : throw OwnerFiles.WrongSize(StateFile, length);
    }

    private static byte[] Read(SafeFileHandle file, long length)
    {
        var bytes = new byte[length];
        return bytes[..OwnerFiles.Read(file, bytes)];
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
        using var notes = new FileStream(NotesFile, OwnerFiles.Options(FileMode.Open));
        notes.SetLength(0);
    }
}
