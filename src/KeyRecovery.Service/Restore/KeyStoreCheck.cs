using System.Security.Cryptography;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;

namespace KeyRecovery.Service.Restore;

/// <summary>Whether a key store is one that nobody needs to replace.</summary>
public static class KeyStoreCheck
{
    /// <summary>Whether every key in it unwraps under the ring. Reads all of it.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be read: then it is not sound either.</exception>
    public static async Task<bool> IsSoundAsync(
        IKeyStore keys, IKekRing ring, CancellationToken ct, TableRegistry? tables = null)
    {
        tables ??= TableRegistry.Default;
        var secret = new byte[KekBox.SecretSize];
        try
        {
            foreach (var table in tables.Wrapped)
            {
                await foreach (var row in keys.ScanAsync(table, ct))
                    if (tables.WrapOf(row) is { } wrapped
                        && !KekBox.TryUnwrap(ring, wrapped.Kek, row.Key, wrapped.Wrapped.Span, secret)) return false;
            }

            return true;
        }
        catch (WireFormatException)
        {
            return false;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
