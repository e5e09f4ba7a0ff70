using System.Runtime.Versioning;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Client.KeyStores;

/// <summary>
/// The key in a file that Windows protects for this user (CryptProtectData, through
/// System.Security.Cryptography.ProtectedData): it opens in this user's account on this machine, and where the profile
/// roams. Not run: there is no Windows where this was written; reviewed against the documentation of ProtectedData.
/// </summary>
/// <param name="path">The file.</param>
[SupportedOSPlatform("windows")]
internal sealed class DataProtectionKeys(string path) : IDeviceKeyStore
{
    // Windows adds some 200 bytes; a file of another size is not read whole.
    private const int Most = 4096;

    private static readonly byte[] Purpose = "keyrecovery/v1/device-key"u8.ToArray();

    public string Place => path;

    public ValueTask<SecretBytes?> ReadAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return ValueTask.FromResult(OwnerFiles.IsThere(path) ? Read() : null);
    }

    public ValueTask WriteAsync(SecretBytes key, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        // The interface wants an array: pinned and zeroed.
        var copy = GC.AllocateArray<byte>(key.Length, pinned: true);
        key.Span.CopyTo(copy);
        try
        {
            OwnerFiles.Write(path, ProtectedData.Protect(copy, Purpose, DataProtectionScope.CurrentUser));
            return ValueTask.CompletedTask;
        }
        catch (CryptographicException e)
        {
            throw Away(e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copy);
        }
    }

    public ValueTask DeleteAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        File.Delete(path);
        return ValueTask.CompletedTask;
    }

    private SecretBytes Read()
    {
        byte[] guarded;
        using (var file = OwnerFiles.OpenToRead(path))
        {
            var length = RandomAccess.GetLength(file);
            if (length is 0 or > Most) throw OwnerFiles.WrongSize(path, length);
            guarded = new byte[length];
            if (OwnerFiles.Read(file, guarded) != length) throw OwnerFiles.WrongSize(path, length);
        }
        byte[] key = [];
        try
        {
            key = ProtectedData.Unprotect(guarded, Purpose, DataProtectionScope.CurrentUser);
            return key.Length == SecretBox.KeySize
                ? SecretBytes.Copy(key) : throw OwnerFiles.WrongSize(path, key.Length);
        }
        catch (CryptographicException e)
        {
            throw new DeviceStoreException(
                DeviceStoreTrouble.NoPermission,
                $"Windows does not open {path} for this user: it was protected in another account, or on another "
                + "machine, or the password was reset by somebody else", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static DeviceStoreException Away(Exception e) =>
        new(DeviceStoreTrouble.KeyStoreAway, $"Windows does not protect data for this user now ({e.Message})", e);
}
