using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Keys;

/// <summary>
/// The server's own three keys of 32 random bytes. They are drawn once and lie in the key store, wrapped by the root
/// key: derived from it, they would change with it, and every lookup with them.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class ServerSecrets : IDisposable
{
    /// <summary>The length of each key in bytes: 32.</summary>
    public const int KeySize = 32;

    private const int Count = 3;

    private static readonly RowKey Place = new(Table.Secrets, "server-secrets"u8.ToArray());

    private readonly byte[] _keys = GC.AllocateArray<byte>(Count * KeySize, pinned: true);

    private ServerSecrets(ReadOnlySpan<byte> keys) => keys.CopyTo(_keys);

    /// <summary>Keys the hashes by which rows and lookups are found.</summary>
    public ReadOnlyMemory<byte> LookupKey => _keys.AsMemory(0, KeySize);

    /// <summary>Keys the hashes in the list of tombstones.</summary>
    public ReadOnlyMemory<byte> FenceKey => _keys.AsMemory(KeySize, KeySize);

    /// <summary>Keys what the audit log draws.</summary>
    public ReadOnlyMemory<byte> LogKey => _keys.AsMemory(2 * KeySize, KeySize);

    private static ReadOnlySpan<byte> Purpose => "keyrecovery/server/v1/secrets"u8;

    /// <summary>Whether the key store has its secrets: if it does, so must the ring and the root key exist.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public static async Task<bool> ExistAsync(IKeyStore keys, CancellationToken ct) =>
        await keys.ReadAsync(Place, ct).ConfigureAwait(false) is not null;

    /// <summary>Reads the secrets, or draws them where there are none; of several that start at once, all get the same.</summary>
    /// <exception cref="RootKeyMismatchException">They were wrapped by another root key.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public static async Task<ServerSecrets> LoadOrCreateAsync(
        IKeyStore keys, IRootKey root, IRandom random, CancellationToken ct)
    {
        var row = await keys.ReadAsync(Place, ct).ConfigureAwait(false);
        if (row is null)
        {
            var result = await keys.WriteAsync([new RowWrite.Create(Place, Draw(root, random))], ct).ConfigureAwait(false);
            if (result is WriteResult.Unavailable unavailable)
                throw new StoreUnavailableException(unavailable.Reason, "the server's secrets cannot be stored");
            // Refused: another instance was faster. Either way what counts is what is there.
            row = await keys.ReadAsync(Place, ct).ConfigureAwait(false) ?? throw Throw.RootKeyMismatch();
        }

        return Open(root, row);
    }

    /// <summary>Zeroes the keys.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_keys);

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => "[redacted]";

    private static byte[] Draw(IRootKey root, IRandom random)
    {
        using var fresh = SecretBytes.Random(Count * KeySize, random);
        return root.Wrap(Purpose, fresh.Span);
    }

    private static ServerSecrets Open(IRootKey root, Row row)
    {
        if (!root.TryUnwrap(Purpose, row.Value.Span, out var secret)) throw Throw.RootKeyMismatch();
        using (secret)
        {
            if (secret.Length != Count * KeySize) throw Throw.RootKeyMismatch();
            return new ServerSecrets(secret.Span);
        }
    }
}
