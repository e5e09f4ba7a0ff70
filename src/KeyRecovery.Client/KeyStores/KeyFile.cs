using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.KeyStores;

/// <summary>
/// The key in a file: its 32 bytes, or under a passphrase (<see cref="LockedDeviceKey"/>), which is never 32 bytes. So
/// setting, changing and removing the lock are one rename each.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="random">Draws salt and nonce of a lock.</param>
/// <param name="ask">Asks for the passphrase where the file is locked; null where nobody can be asked.</param>
/// <param name="locks">Whether what is written is locked.</param>
internal sealed class KeyFile(
    string path, IRandom random, Func<CancellationToken, ValueTask<Passphrase>>? ask, bool locks)
    : IDeviceKeyStore, IDisposable
{
    // A person is asked once, and Argon2id runs once: what was opened is kept as long as the file is the same.
    private readonly SemaphoreSlim _asking = new(1);
    private (byte[] File, SecretBytes Key)? _opened;

    public string Place => path;

    /// <summary>Whether the file is there and a passphrase opens it.</summary>
    public static bool IsLocked(string path)
    {
        if (!File.Exists(path)) return false;
        using var file = OwnerFiles.OpenToRead(path);
        // A key that is not locked is not even read: the array would stay in memory.
        if (RandomAccess.GetLength(file) == SecretBox.KeySize) return false;
        var bytes = new byte[LockedDeviceKey.MaxBytes];
        return LockedDeviceKey.IsBegunBy(bytes.AsSpan(0, OwnerFiles.Read(file, bytes)));
    }

    public async ValueTask<SecretBytes?> ReadAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (!OwnerFiles.IsThere(path)) return null;
        return ReadBare(out var locked) ?? await OpenAsync(locked, ct);
    }

    /// <summary>Reads it where nobody has to be asked: null where that is so, and where it is not there.</summary>
    public async ValueTask<SecretBytes?> ReadUnaskedAsync(CancellationToken ct)
    {
        await _asking.WaitAsync(ct);
        try
        {
            if (!OwnerFiles.IsThere(path)) return null;
            return ReadBare(out var locked) ?? (IsOpened(locked) ? SecretBytes.Copy(_opened!.Value.Key.Span) : null);
        }
        finally
        {
            _asking.Release();
        }
    }

    public async ValueTask WriteAsync(SecretBytes key, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (!locks)
        {
            OwnerFiles.Write(path, key.Span);
            return;
        }
        await LockAsync(key, await AskAsync(ct), ct);
    }

    public ValueTask DeleteAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        File.Delete(path);
        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        _opened?.Key.Dispose();
        _asking.Dispose();
    }

    /// <summary>Writes the key under a passphrase.</summary>
    public async Task LockAsync(SecretBytes key, Passphrase passphrase, CancellationToken ct)
    {
        var locked = await Task.Run(
            () => LockedDeviceKey.Lock(key.Span, passphrase, LockedDeviceKey.DefaultProfile, random), ct);
        OwnerFiles.Write(path, locked);
        await _asking.WaitAsync(CancellationToken.None);
        Keep(locked, key);
        _asking.Release();
    }

    /// <summary>Writes the key as it is.</summary>
    public void WriteBare(SecretBytes key) => OwnerFiles.Write(path, key.Span);

    private SecretBytes? ReadBare(out byte[] locked)
    {
        locked = [];
        using var file = OwnerFiles.OpenToRead(path);
        var length = RandomAccess.GetLength(file);
        if (length == SecretBox.KeySize)
            return SecretBytes.Create(SecretBox.KeySize, (file, path), static (key, input) =>
            {
                var read = OwnerFiles.Read(input.file, key);
                if (read != key.Length) throw OwnerFiles.WrongSize(input.path, read);
            });
        if (length is < SecretBox.KeySize or > LockedDeviceKey.MaxBytes) throw OwnerFiles.WrongSize(path, length);
        locked = new byte[length];
        if (OwnerFiles.Read(file, locked) != length || !LockedDeviceKey.IsBegunBy(locked))
            throw OwnerFiles.WrongSize(path, length);
        return null;
    }

    private async ValueTask<SecretBytes> OpenAsync(byte[] locked, CancellationToken ct)
    {
        await _asking.WaitAsync(ct);
        try
        {
            if (!IsOpened(locked))
            {
                var passphrase = await AskAsync(ct);
                using var key = await Task.Run(() => Open(locked, passphrase), ct);
                Keep(locked, key);
            }
            return SecretBytes.Copy(_opened!.Value.Key.Span);
        }
        finally
        {
            _asking.Release();
        }
    }

    private bool IsOpened(byte[] locked) => _opened is { } opened && opened.File.AsSpan().SequenceEqual(locked);

    private SecretBytes Open(byte[] locked, Passphrase passphrase)
    {
        try
        {
            return LockedDeviceKey.Open(locked, passphrase) ?? throw new DeviceStoreException(
                DeviceStoreTrouble.WrongPassphrase, $"this passphrase does not open {path}");
        }
        catch (WireFormatException e)
        {
            throw new DeviceStoreException(
                DeviceStoreTrouble.WrongSize, $"{path} was cut, or has too much: it is no key, and no locked one", e);
        }
        catch (UpgradeRequiredException e)
        {
            throw new DeviceStoreException(
                DeviceStoreTrouble.Newer, $"{path} was written by a newer version: update this app", e);
        }
    }

    private async ValueTask<Passphrase> AskAsync(CancellationToken ct) =>
        ask is null
            ? throw new DeviceStoreException(
                DeviceStoreTrouble.Locked, $"{path} is locked by a passphrase, and nobody can be asked for it")
            : await ask(ct);

    private void Keep(byte[] locked, SecretBytes key)
    {
        _opened?.Key.Dispose();
        _opened = (locked, SecretBytes.Copy(key.Span));
    }
}
