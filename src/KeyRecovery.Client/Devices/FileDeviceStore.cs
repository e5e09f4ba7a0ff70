using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>
/// A device's state in a folder: <c>device.sealed</c> under a random key in <c>device.key</c>, both files 0600, the
/// folder 0700. Protects a copied state file, not a copied folder: a platform's key store is better where there is one.
/// </summary>
public sealed class FileDeviceStore : IDeviceStore
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

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

    private static ReadOnlySpan<byte> Aad => "keyrecovery/v1/device-state"u8;

    /// <inheritdoc/>
    public async ValueTask<DeviceState?> LoadAsync(CancellationToken ct)
    {
        if (!File.Exists(StateFile)) return null;
        if (!File.Exists(KeyFile))
            throw new DeviceStoreException($"{KeyFile} is missing: the device's state cannot be opened");
        var key = await File.ReadAllBytesAsync(KeyFile, ct);
        var sealedState = await File.ReadAllBytesAsync(StateFile, ct);
        var state = new byte[Math.Max(0, sealedState.Length - SecretBox.Overhead)];
        try
        {
            if (key.Length != SecretBox.KeySize || sealedState.Length < SecretBox.Overhead
                || !SecretBox.TryOpen(key, Aad, sealedState, state))
                throw new DeviceStoreException($"{StateFile} does not open under {KeyFile}: one of them was changed");
            return DeviceState.Decode(state);
        }
        catch (WireFormatException e)
        {
            throw new DeviceStoreException($"{StateFile} is damaged", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(state);
        }
    }

    /// <inheritdoc/>
    public async ValueTask SaveAsync(DeviceState state, CancellationToken ct)
    {
        MakeFolder();
        var key = await LoadOrMakeKeyAsync(ct);
        var encoded = state.Encode();
        try
        {
            await WriteAsync(StateFile, SecretBox.Seal(key, Aad, encoded, _random), ct);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(encoded);
        }
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(CancellationToken ct)
    {
        File.Delete(StateFile);
        File.Delete(KeyFile);
        return ValueTask.CompletedTask;
    }

    private void MakeFolder()
    {
        if (Directory.Exists(_folder)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(_folder);
        else Directory.CreateDirectory(_folder, OwnerFolder);
    }

    private async ValueTask<byte[]> LoadOrMakeKeyAsync(CancellationToken ct)
    {
        if (File.Exists(KeyFile)) return await File.ReadAllBytesAsync(KeyFile, ct);
        var key = new byte[SecretBox.KeySize];
        _random.Fill(key);
        await WriteAsync(KeyFile, key, ct);
        return key;
    }

    // Beside, flushed, then renamed: a crash leaves the old file or the new one.
    private static async ValueTask WriteAsync(string path, byte[] bytes, CancellationToken ct)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerFile;
        var beside = path + ".new";
        File.Delete(beside);
        await using (var file = new FileStream(beside, options))
        {
            await file.WriteAsync(bytes, ct);
            file.Flush(flushToDisk: true);
        }
        File.Move(beside, path, overwrite: true);
    }
}
